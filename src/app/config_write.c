/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the screen's layout into a configuration file: the new file replaces the old one. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/program.h"
#include "base/log.h"
#include "base/replace.h"
#include "base/thread.h"

#define WRITE_DIRECTORY_MODE 0700
#define WRITE_FILE_MODE      0644
#define WRITE_WAIT_S         3.0

/* A layout on its way to a file. */
struct config_write {
    double interval;
    struct tui_settings layout;
};

struct config_writer {
    char *system, *path; /* path NULL = there is no place */
    bool is_named;       /* the path is what somebody named */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct config_write *next; /* NULL = none */
    bool running;              /* the thread is */
    bool left;                 /* and frees all this */
};

/* Makes the directories that the file is in. 0 or -errno. */
static int write_make_directories(const char *path)
{
    char *copy = xstrdup(path);
    int r = 0;

    for (char *p = strchr(copy + 1, '/'); p && r == 0; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(copy, WRITE_DIRECTORY_MODE) < 0 && errno != EEXIST)
            r = errno == EROFS && access(copy, F_OK) == 0 ? 0 : -errno;
        *p = '/';
    }
    free(copy);
    return r;
}

/* Where the text must go: behind a link is the file that is meant, also when it is not there
 * yet. The caller frees *ret. */
static int write_follow_links(const char *path, char **ret)
{
    char *target = realpath(path, NULL);
    struct stat st;

    if (!target && errno == ENOENT && lstat(path, &st) == 0)
        return -ENOENT; /* a link to nowhere */
    if (!target && errno != ENOENT)
        return -errno;
    *ret = target ? target : xstrdup(path);
    return 0;
}

/* The text in place of the file, whose mode and owner stay. */
static int write_replace(const char *path, const struct buf *text)
{
    struct stat old;
    bool there = stat(path, &old) == 0;

    return replace_file(path, text, WRITE_FILE_MODE, there ? &old : NULL);
}

/* What holds without the user's file: defaults and the system's. */
static void write_edit(const char *system, const struct buf *old, const struct tui_settings *layout,
                       double interval, struct buf *out)
{
    struct tui_settings *settings = xcalloc(1, sizeof(*settings));
    struct config *config = NULL;
    struct options options;
    char error[256];

    options_defaults(&options, &program_proxtop);
    settings_defaults(settings);
    (void)config_read_files(system, NULL, false, &options, settings, &config, error, sizeof(error));
    if (options.view >= 0)
        settings->view = (enum view)options.view;
    if (options.units >= 0)
        settings->units = (enum units)options.units;
    config_edit(old->data ? old->data : "", old->len, &(struct config_layout){layout, interval},
                &(struct config_layout){settings, options.interval}, out);
    config_free(config);
    free(settings);
}

static const char *write_advice(int error)
{
    switch (error) {
    case -EACCES:
    case -EPERM:
    case -EROFS:
        return "make it writable, or name another file by --config=FILE";
    case -ENOSPC:
    case -EDQUOT:
        return "make room there, or name another file by --config=FILE";
    default:
        return "--config=FILE names another file";
    }
}

int config_write_file(const char *system, const char *path, const struct tui_settings *layout,
                      double interval, char *why, size_t size)
{
    struct buf old = {0}, new = {0};
    char *target = NULL, reason[256];
    int r = write_make_directories(path);

    if (r == 0)
        r = write_follow_links(path, &target);
    if (r < 0)
        snprintf(reason, sizeof(reason), "%s", strerror(-r));
    else
        r = config_file_read(target, &old, reason, sizeof(reason));
    if (target && (r == 0 || r == -ENOENT)) {
        write_edit(system, &old, layout, interval, &new);
        r = r == 0 && new.len == old.len && (!new.len || memcmp(new.data, old.data, new.len) == 0)
                ? 0
                : write_replace(target, &new);
        if (r < 0)
            snprintf(reason, sizeof(reason), "%s", strerror(-r));
    }
    if (r < 0)
        snprintf(why, size, "%s; %s", reason, write_advice(r));
    buf_done(&old);
    buf_done(&new);
    free(target);
    return r;
}

static void write_job(const struct config_writer *writer, const struct config_write *job)
{
    char why[400];

    if (!writer->path)
        log_error("layout not written: neither $XDG_CONFIG_HOME nor $HOME is a directory; "
                  "--config=FILE names a file");
    else if (!writer->is_named && config_file_check(writer->path, why, sizeof(why)) < 0)
        log_error("layout not written: %s; --config=FILE names another file", why);
    else if (config_write_file(writer->system, writer->path, &job->layout, job->interval, why,
                               sizeof(why)) < 0)
        log_error("layout not written to '%s': %s", writer->path, why);
    else
        log_notice("layout written to '%s'", writer->path);
}

static void write_destroy(struct config_writer *writer)
{
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->lock);
    free(writer->path);
    free(writer->system);
    free(writer->next);
    free(writer);
}

static void *write_run(void *argument)
{
    struct config_writer *writer = argument;
    bool left;

    pthread_mutex_lock(&writer->lock);
    while (writer->next) {
        struct config_write *job = writer->next;

        writer->next = NULL;
        pthread_mutex_unlock(&writer->lock);
        write_job(writer, job);
        free(job);
        pthread_mutex_lock(&writer->lock);
    }
    writer->running = false;
    left = writer->left;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    if (left)
        write_destroy(writer);
    return NULL;
}

struct config_writer *config_writer_new(const char *system, const char *file)
{
    struct config_writer *writer = xcalloc(1, sizeof(*writer));

    writer->system = xstrdup(system);
    writer->path = file ? xstrdup(file) : config_user_path();
    writer->is_named = file != NULL;
    pthread_mutex_init(&writer->lock, NULL);
    cond_init(&writer->changed);
    return writer;
}

void config_writer_put(struct config_writer *writer, const struct tui_settings *layout,
                       double interval)
{
    struct config_write *job = xcalloc(1, sizeof(*job));
    int r = 0;

    job->interval = interval;
    job->layout = *layout;
    pthread_mutex_lock(&writer->lock);
    free(writer->next);
    writer->next = job;
    if (!writer->running)
        r = thread_start(NULL, write_run, writer);
    writer->running |= r == 0;
    pthread_mutex_unlock(&writer->lock);
    if (r < 0)
        log_error("layout not written: cannot start a thread: %s", strerror(-r));
}

void config_writer_free(struct config_writer *writer)
{
    struct mono until = mono_in(WRITE_WAIT_S);
    bool left;

    if (!writer)
        return;
    pthread_mutex_lock(&writer->lock);
    while (writer->running && cond_wait_until(&writer->changed, &writer->lock, until))
        ;
    left = writer->left = writer->running;
    if (left)
        log_warning("layout perhaps not written: '%s' does not answer", writer->path);
    pthread_mutex_unlock(&writer->lock);
    if (!left)
        write_destroy(writer);
}
