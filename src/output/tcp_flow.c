/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of records on their way. */
#include "output/tcp_flow.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/thread.h"
#include "base/util.h"
#include "output/queue.h"
#include "output/tls.h"

/* Under way at a time: bytes, or one record. */
#define TCP_FLOW_BYTES (1024u * 1024)
/* Handed over and still in the queue; half of them may be under way. */
#define TCP_FLOW_RECORDS 1024u

#define TCP_FLOW_POLL_S         0.02
#define TCP_FLOW_POLL_LONGEST_S 0.5
#define TCP_FLOW_HOLD_S         1.0

/* A record that was handed over. Bytes count from the start of the connection. */
struct tcp_sent {
    uint64_t end;  /* bytes that had been handed over with it */
    uint64_t wire; /* bytes that the socket had got with it; 0 = not all of it yet. With TLS
                      they are more */
};

struct tcp_flow {
    struct bufferevent *bev;
    struct queue *queue;
    bool tls;
    bool more; /* the queue may have a record */
    int fd;
    struct mono began;
    uint64_t handed;  /* bytes */
    uint64_t arrived; /* bytes of the wire that the peer's kernel has acknowledged */
    uint64_t settled; /* tcp_sent.end of the last record that has arrived */
    struct tcp_sent sent[TCP_FLOW_RECORDS];
    unsigned first, count; /* in `sent`; the first `held` of them are held */
    unsigned held;
    struct mono held_from;
    struct mono progress; /* last time, or when something was handed over to an idle connection */
    double pause;
};

struct tcp_flow *tcp_flow_new(struct bufferevent *bev, struct queue *queue, bool tls,
                              const char *header)
{
    struct tcp_flow *flow = xcalloc(1, sizeof(*flow));

    flow->bev = bev;
    flow->queue = queue;
    flow->tls = tls;
    flow->more = true;
    flow->fd = bufferevent_getfd(bev);
    flow->began = flow->progress = clock_mono(&clock_system);
    flow->pause = TCP_FLOW_POLL_S;
    flow->handed = strlen(header);
    if (flow->handed)
        bufferevent_write(bev, header, flow->handed);
    return flow;
}

void tcp_flow_free(struct tcp_flow *flow)
{
    free(flow);
}

static struct tcp_sent *tcp_flow_at(struct tcp_flow *flow, unsigned place)
{
    return &flow->sent[(flow->first + place) % TCP_FLOW_RECORDS];
}

/* Bytes that wait for the socket. */
static size_t tcp_flow_waiting(const struct tcp_flow *flow)
{
    return evbuffer_get_length(bufferevent_get_output(flow->bev));
}

/* Bytes that the socket has got. */
static uint64_t tcp_flow_written(const struct tcp_flow *flow)
{
    return flow->tls ? tls_written(flow->bev) : flow->handed - tcp_flow_waiting(flow);
}

/* Bytes that the socket has got and the peer's kernel has not acknowledged.
 * False: the connection is gone, its figures say nothing any more. */
static bool tcp_flow_unacknowledged(const struct tcp_flow *flow, uint64_t *ret)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    int bytes = 0;

    if (ioctl(flow->fd, SIOCOUTQ, &bytes) < 0 || bytes < 0)
        return false;
    /* A reset throws away what was not sent; whether that was before the call above
     * is seen only behind it. */
    if (getsockopt(flow->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
        info.tcpi_state == TCP_CLOSE)
        return false;
    *ret = (uint64_t)bytes;
    return true;
}

/* Whether one record more may be under way. */
static bool tcp_flow_has_room(const struct tcp_flow *flow)
{
    unsigned under_way = flow->count - flow->held;

    return flow->count < TCP_FLOW_RECORDS && under_way < TCP_FLOW_RECORDS / 2 &&
           (!under_way || flow->handed - flow->settled < TCP_FLOW_BYTES);
}

void tcp_flow_fill(struct tcp_flow *flow)
{
    struct evbuffer *output = bufferevent_get_output(flow->bev);
    const char *data;
    size_t len;

    if (tcp_flow_is_quiet(flow))
        flow->progress = clock_mono(&clock_system);
    flow->more = true;
    while (tcp_flow_has_room(flow)) {
        flow->more = queue_take(flow->queue, &data, &len);
        if (!flow->more)
            return;
        flow->handed += len;
        *tcp_flow_at(flow, flow->count++) = (struct tcp_sent){.end = flow->handed};
        flow->pause = TCP_FLOW_POLL_S;
        /* The queue keeps the bytes in place for as long as the flow lives. */
        evbuffer_add_reference(output, data, len, NULL, NULL);
    }
}

/* Notes where on the wire the records end that the socket has got. */
static void tcp_flow_mark(struct tcp_flow *flow)
{
    uint64_t taken = flow->handed - tcp_flow_waiting(flow);
    uint64_t written = flow->tls ? tcp_flow_written(flow) : 0;

    for (unsigned i = flow->count; i-- > flow->held;) {
        struct tcp_sent *sent = tcp_flow_at(flow, i);

        if (sent->wire)
            break;
        if (sent->end <= taken)
            sent->wire = flow->tls ? written : sent->end;
    }
}

bool tcp_flow_release(struct tcp_flow *flow)
{
    unsigned held = flow->held;

    queue_acknowledge(flow->queue, held);
    flow->first = (flow->first + held) % TCP_FLOW_RECORDS;
    flow->count -= held;
    flow->held = 0;
    return held > 0;
}

/* How many records have arrived since the last look. */
static unsigned tcp_flow_count_arrived(struct tcp_flow *flow)
{
    uint64_t unacknowledged, arrived, written = tcp_flow_written(flow);
    unsigned count = 0;

    if (!tcp_flow_unacknowledged(flow, &unacknowledged) || unacknowledged > written)
        return 0;
    arrived = written - unacknowledged;
    if (arrived > flow->arrived) {
        flow->arrived = arrived;
        flow->progress = clock_mono(&clock_system);
        flow->pause = TCP_FLOW_POLL_S;
    }
    while (flow->held + count < flow->count) {
        const struct tcp_sent *sent = tcp_flow_at(flow, flow->held + count);

        if (!sent->wire || sent->wire > arrived)
            break;
        flow->settled = sent->end;
        count++;
    }
    return count;
}

bool tcp_flow_look(struct tcp_flow *flow)
{
    struct mono now = clock_mono(&clock_system);
    bool told = false;
    unsigned arrived;

    flow->pause =
        flow->pause * 2 < TCP_FLOW_POLL_LONGEST_S ? flow->pause * 2 : TCP_FLOW_POLL_LONGEST_S;
    tcp_flow_mark(flow);
    arrived = tcp_flow_count_arrived(flow);
    if (arrived) {
        /* In TLS 1.3 a peer may refuse this side's certificate only after data was
         * sent, so that what arrives at the beginning is held together. */
        if (!flow->tls || mono_seconds_between(flow->began, now) > TCP_FLOW_HOLD_S)
            told = tcp_flow_release(flow);
        flow->held += arrived;
        flow->held_from = now;
    } else if (flow->held && mono_seconds_between(flow->held_from, now) >= TCP_FLOW_HOLD_S) {
        told = tcp_flow_release(flow);
    }
    return told;
}

bool tcp_flow_end(struct tcp_flow *flow, bool whole)
{
    bool told = tcp_flow_look(flow);

    if (!whole || flow->held < 2)
        return told;
    flow->held--;
    (void)tcp_flow_release(flow);
    flow->held = 1;
    return true;
}

bool tcp_flow_is_quiet(const struct tcp_flow *flow)
{
    uint64_t unacknowledged;

    return flow->held == flow->count && !flow->more && tcp_flow_waiting(flow) == 0 &&
           tcp_flow_unacknowledged(flow, &unacknowledged) && unacknowledged == 0;
}

double tcp_flow_pause(const struct tcp_flow *flow)
{
    double left;

    if (flow->held < flow->count || flow->more || !tcp_flow_is_quiet(flow))
        return flow->pause;
    if (!flow->held)
        return -1;
    left = TCP_FLOW_HOLD_S - mono_seconds_between(flow->held_from, clock_mono(&clock_system));
    return left > 0.001 ? left : 0.001;
}

double tcp_flow_stalled(const struct tcp_flow *flow)
{
    if (tcp_flow_is_quiet(flow))
        return 0;
    return mono_seconds_between(flow->progress, clock_mono(&clock_system));
}
