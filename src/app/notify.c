/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams to the service manager: sd_notify(3), sd_watchdog_enabled(3). */
#include "app/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/num.h"
#include "print/column.h"

#define NOTIFY_FEED_S   0.5 /* between two meals of the watchdog, at least */
#define NOTIFY_FEEDS    4.0 /* so many in its time, if that is short */
#define NOTIFY_CYCLES   3.0 /* cycles in its time, at least */
#define NOTIFY_NAMES    3   /* of silent VMs that are named */
#define NOTIFY_NAME_MAX 48  /* bytes of each */

struct notify {
    struct sockaddr_un address;
    socklen_t address_len;
    int fd;
    double watchdog; /* seconds that the manager waits for a cycle; 0 = it does not */
    double granted;  /* what it was asked for since */
    double interval;
    bool ready;         /* it was told */
    struct mono fed;    /* by the cycle of that time */
    struct buf message; /* that is being made */
    struct buf status;  /* of this cycle */
    struct buf told;    /* the status that the manager has */
    struct complaint complaint;
};

/* The variable's text (freed by the caller), or NULL; it is gone from the environment. */
static char *notify_take_variable(const char *name)
{
    const char *text = getenv(name);
    char *copy = text && *text ? xstrdup(text) : NULL;

    unsetenv(name);
    return copy;
}

/* '@' stands for the NUL that names of no file begin with: unix(7). */
static int notify_set_address(struct notify *n, const char *name)
{
    size_t len = strlen(name);

    if (*name != '/' && *name != '@')
        return -EAFNOSUPPORT;
    if (len < 2 || len >= sizeof(n->address.sun_path))
        return -EINVAL;
    n->address.sun_family = AF_UNIX;
    memcpy(n->address.sun_path, name, len + 1);
    n->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (*name == '@')
        n->address.sun_path[0] = '\0';
    else
        n->address_len++;
    return 0;
}

static int notify_open(struct notify *n, const char *name)
{
    int r = notify_set_address(n, name);

    if (r < 0)
        return r;
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return n->fd < 0 ? -errno : 0;
}

/* Seconds; 0 = no watchdog, or that of another process. */
static double notify_read_watchdog(const char *usec, const char *pid)
{
    uint64_t number;

    if (!usec)
        return 0;
    if (pid && (!parse_u64(pid, &number) || number != (uint64_t)getpid()))
        return 0;
    if (!parse_u64(usec, &number) || number == 0 || number == UINT64_MAX) {
        log_warning("the watchdog's time in $WATCHDOG_USEC is no number of microseconds");
        return 0;
    }
    return (double)number / 1e6;
}

struct notify *notify_new(double interval)
{
    char *name = notify_take_variable("NOTIFY_SOCKET");
    char *usec = notify_take_variable("WATCHDOG_USEC");
    char *pid = notify_take_variable("WATCHDOG_PID");
    struct notify *n = NULL;
    int r;

    if (name) {
        n = xcalloc(1, sizeof(*n));
        n->fd = -1;
        n->interval = interval;
        n->watchdog = n->granted = notify_read_watchdog(usec, pid);
        r = notify_open(n, name);
        if (r < 0) {
            log_warning("cannot tell the service manager anything: $NOTIFY_SOCKET: %s",
                        strerror(-r));
            notify_free(n);
            n = NULL;
        }
    }
    free(name);
    free(usec);
    free(pid);
    return n;
}

/* Sends the message; false = it did not get there. */
static bool notify_send(struct notify *n)
{
    ssize_t sent = sendto(n->fd, n->message.data, n->message.len, MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&n->address, n->address_len);

    if (sent < 0)
        complain(&n->complaint, LOG_WARNING, "cannot tell the service manager: %s",
                 strerror(errno));
    else
        complaint_recover(&n->complaint, "the service manager is told again");
    return sent >= 0;
}

static void notify_put_name(struct buf *out, const char *name)
{
    char cut[NOTIFY_NAME_MAX + 1];

    copy_text(cut, sizeof(cut), name);
    print_clean(out, cut);
}

static bool notify_is_silent(const struct frame_table *vms, size_t row)
{
    return frame_has_value(vms, row, VM_STALE) && frame_value(vms, row, VM_STALE).number > 0;
}

/* "2 silent: web-01, db-02"; how many. */
static size_t notify_put_silent(struct buf *out, const struct frame_table *vms)
{
    size_t silent = 0, named = 0;

    for (size_t row = 0; row < vms->rows; row++)
        silent += notify_is_silent(vms, row);
    if (!silent)
        return 0;
    buf_printf(out, ", %zu silent", silent);
    for (size_t row = 0; row < vms->rows && named < NOTIFY_NAMES; row++) {
        if (!notify_is_silent(vms, row) || !frame_has_value(vms, row, VM_NAME))
            continue;
        buf_puts(out, named++ ? ", " : ": ");
        notify_put_name(out, frame_value(vms, row, VM_NAME).text);
    }
    if (silent > NOTIFY_NAMES)
        buf_puts(out, ", ...");
    return silent;
}

/* What an administrator sees in `systemctl status`: nothing that is another in each cycle. */
static void notify_describe(struct buf *out, const struct frame *frame, double interval)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];
    const struct frame_agent *agent = &frame->agent;
    bool up = !agent->source || agent->source_up;
    size_t silent = 0;

    buf_clear(out);
    if (vms->rows)
        buf_printf(out, "%zu VM%s", vms->rows, vms->rows == 1 ? "" : "s");
    else
        buf_puts(out, "no VM");
    if (agent->source)
        buf_printf(out, " by %s", agent->source);
    buf_printf(out, ", every %g s", interval);
    /* libvirt answers for all VMs; elsewhere each has a monitor of its own. */
    if (up || strcmp(agent->source, "libvirt") != 0)
        silent = notify_put_silent(out, vms);
    if (!up && !silent)
        buf_printf(out, "; %s does not answer", agent->source);
}

/* The time that the watchdog is to have, if it is another than the one it has; else 0. */
static double notify_wish(const struct notify *n)
{
    double time = fmax(n->watchdog, NOTIFY_CYCLES * n->interval);

    return n->watchdog > 0 && (time > n->granted || time < n->granted) ? time : 0;
}

static void notify_put_wish(struct notify *n, double wish)
{
    if (wish > 0)
        buf_printf(&n->message, "WATCHDOG_USEC=%" PRIu64 "\n", (uint64_t)(wish * 1e6));
}

static bool notify_is_hungry(const struct notify *n, struct mono now)
{
    double pause = fmin(NOTIFY_FEED_S, n->watchdog / NOTIFY_FEEDS);

    return n->watchdog > 0 && (!n->fed.ns || mono_seconds_between(n->fed, now) >= pause);
}

void notify_cycle(struct notify *n, const struct frame *frame)
{
    double wish;
    bool feeds, tells;

    if (!n)
        return;
    wish = notify_wish(n);
    feeds = notify_is_hungry(n, frame->at);
    notify_describe(&n->status, frame, n->interval);
    tells = !text_equal(buf_text(&n->status), buf_text(&n->told));
    buf_clear(&n->message);
    if (!n->ready)
        buf_puts(&n->message, "READY=1\n");
    notify_put_wish(n, wish);
    if (feeds)
        buf_puts(&n->message, "WATCHDOG=1\n");
    if (tells)
        buf_printf(&n->message, "STATUS=%s\n", buf_text(&n->status));
    if (!n->message.len || !notify_send(n))
        return;
    n->ready = true;
    if (wish > 0)
        n->granted = wish;
    if (feeds)
        n->fed = frame->at;
    if (tells) {
        buf_clear(&n->told);
        buf_puts(&n->told, buf_text(&n->status));
    }
}

void notify_interval(struct notify *n, double interval)
{
    double wish;

    if (!n)
        return;
    n->interval = interval;
    wish = notify_wish(n);
    if (!n->ready || wish <= 0) /* before it is ready the watchdog does not run */
        return;
    buf_clear(&n->message);
    notify_put_wish(n, wish);
    if (notify_send(n))
        n->granted = wish;
}

void notify_stopping(struct notify *n, double seconds)
{
    if (!n)
        return;
    buf_clear(&n->message);
    buf_printf(&n->message,
               "STOPPING=1\nSTATUS=ending, within %.0f s\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\n",
               ceil(seconds), (uint64_t)(seconds * 1e6));
    (void)notify_send(n);
}

void notify_free(struct notify *n)
{
    if (!n)
        return;
    if (n->fd >= 0)
        close(n->fd);
    buf_done(&n->message);
    buf_done(&n->status);
    buf_done(&n->told);
    free(n);
}
