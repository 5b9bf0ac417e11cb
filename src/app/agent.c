/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's own figures. */
#include "app/agent.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

#define AGENT_BEATS     3.0
#define AGENT_PATIENCE  10.0 /* seconds, at least */
#define AGENT_STATM_MAX 256

struct agent {
    int statm_fd; /* < 0 = cannot be read */
    uint64_t page_bytes;
};

struct agent *agent_new(void)
{
    struct agent *agent = xcalloc(1, sizeof(*agent));

    agent->statm_fd = file_open_at(AT_FDCWD, "/proc/self/statm");
    agent->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    if (agent->statm_fd >= 0)
        close(agent->statm_fd);
    free(agent);
}

/* Field 2 of /proc/self/statm, see proc(5). */
static uint64_t agent_resident_bytes(const struct agent *agent)
{
    char text[AGENT_STATM_MAX];
    uint64_t pages;
    struct cursor at;
    size_t len;

    if (agent->statm_fd < 0 || file_read_record(agent->statm_fd, text, sizeof(text), &len) < 0)
        return 0;
    at = cursor_of(text, len);
    if (!cursor_u64(&at, &pages))
        return 0;
    cursor_skip_blanks(&at);
    return cursor_u64(&at, &pages) ? pages * agent->page_bytes : 0;
}

static uint64_t agent_cpu_ns(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0)
        return 0;
    return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

bool agent_source_is_up(struct mono answered, double beat, const struct frame *frame)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];
    double age = mono_seconds_between(answered, frame->at);
    bool silent = false;

    if (!answered.ns || age > fmax(AGENT_BEATS * beat, AGENT_PATIENCE))
        return false;
    for (size_t row = 0; row < vms->rows; row++) {
        if (!frame_has_value(vms, row, VM_STALE))
            continue;
        if (frame_value(vms, row, VM_STALE).number <= 0)
            return true;
        silent = true;
    }
    return !silent;
}

void agent_fill(const struct agent *agent, struct connector *connector, struct mono started,
                struct frame *frame)
{
    struct frame_agent *ret = &frame->agent;
    double beat = frame->inventory ? frame->inventory->beat : 0;
    bool ready = connector_wait(connector, 0, false, NULL) == CONNECTOR_READY;

    ret->source = connector_name(connector);
    ret->source_up = ready && agent_source_is_up(connector_answered(connector), beat, frame);
    ret->cpu_ns = agent_cpu_ns();
    ret->resident_bytes = agent_resident_bytes(agent);
    ret->cycle_seconds = mono_seconds_between(started, clock_mono(&clock_system));
}
