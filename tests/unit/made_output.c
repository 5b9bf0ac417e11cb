/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs under test. */
#include "made_output.h"

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "support.h"

#define PATIENCE_S 120.0

static void made_on_broken(void *argument)
{
    ((struct made_output *)argument)->broken = true;
}

static void made_on_finished(void *argument)
{
    ((struct made_output *)argument)->finished = true;
}

void made_output_init(struct made_output *m, const struct output_ops *ops)
{
    *m = (struct made_output){.ops = ops, .directory = "/tmp/proxtop-test-XXXXXX"};
    assert_non_null(mkdtemp(m->directory));
    snprintf(m->path, sizeof(m->path), "%s/data", m->directory);
    snprintf(m->log, sizeof(m->log), "%s/log", m->directory);
    assert_int_equal(log_init(LOG_NOTICE, m->log), 0);
    m->base = event_base_new();
    m->settings.buffer = 1 << 20;
    m->settings.datagram = 1400;
    m->config = (struct output_config){
        .base = m->base,
        .settings = &m->settings,
        .target = m->path,
        .form = "text",
        .content_type = "text/plain",
        .header = "",
        .broken = made_on_broken,
        .finished = made_on_finished,
        .argument = m,
    };
}

static void made_remove_files(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        if (entry->d_type != DT_DIR)
            assert_int_equal(unlinkat(dirfd(directory), entry->d_name, 0), 0);
    }
    closedir(directory);
    assert_int_equal(rmdir(path), 0);
}

void made_output_done(struct made_output *m)
{
    event_base_free(m->base);
    log_close();
    made_remove_files(m->directory);
    buf_done(&m->content);
}

int made_output_open(struct made_output *m)
{
    m->finished = m->broken = false;
    m->error = (struct output_error){.text = ""};
    return m->ops->open(&m->config, &m->output, &m->error);
}

void made_output_write(struct made_output *m, const char *cycle)
{
    struct buf text = {0};

    buf_puts(&text, cycle);
    m->ops->write(m->output, &text);
    assert_int_equal(text.len, 0);
    buf_done(&text);
}

static bool made_is_finished(struct made_output *m, const void *what UNUSED)
{
    return m->finished;
}

uint64_t made_output_finish(struct made_output *m)
{
    m->ops->finish(m->output);
    assert_false(m->finished); /* not from within */
    made_output_wait(m, made_is_finished, NULL);
    return made_output_close(m);
}

uint64_t made_output_close(struct made_output *m)
{
    struct output_end end = m->ops->close(m->output);

    assert_false(end.hanging);
    m->output = NULL;
    return end.lost;
}

void made_output_wait(struct made_output *m, bool (*holds)(struct made_output *m, const void *what),
                      const void *what)
{
    struct mono start = clock_mono(&clock_system);

    while (!holds(m, what)) {
        const struct timespec moment = {.tv_nsec = 2000000};

        if (mono_seconds_between(start, clock_mono(&clock_system)) > PATIENCE_S)
            fail_msg("waited in vain for '%s'", what ? (const char *)what : "the end");
        event_base_loop(m->base, EVLOOP_NONBLOCK);
        nanosleep(&moment, NULL);
    }
}

static bool made_content_is(struct made_output *m, const void *what)
{
    return strcmp(made_output_read(m, m->path), what) == 0;
}

static bool made_log_has(struct made_output *m, const void *what)
{
    return strstr(made_output_read(m, m->log), what);
}

void made_output_wait_content(struct made_output *m, const char *text)
{
    made_output_wait(m, made_content_is, text);
}

void made_output_wait_log(struct made_output *m, const char *text)
{
    made_output_wait(m, made_log_has, text);
}

const char *made_output_read(struct made_output *m, const char *path)
{
    if (file_read_all(AT_FDCWD, path, &m->content, 1 << 24) < 0)
        buf_clear(&m->content);
    return buf_text(&m->content);
}
