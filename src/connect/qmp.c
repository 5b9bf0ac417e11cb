/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations with many monitors at a time, by poll(2). */
#include "connect/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/qemu_devices.h"

#define QMP_ANSWER_S  0.3  /* for the greeting, and for each answer */
#define QMP_TALK_S    0.4  /* for all of it */
#define QMP_BEGIN_S   0.3  /* none is begun later in a round than this... */
#define QMP_BEGIN_ONE 2e-3 /* ...and this for each conversation of the round */
#define QMP_PARALLEL  128  /* descriptors are kept for files that are read each cycle */
/* One after the other as far as that goes: a QEMU needs up to twice the CPU time
 * for its answers when others work at the same time. So each is begun when
 * those before are through, or when its time has come, if all are to be begun
 * within the pace; but no more at a time than a host works on at once: with
 * more of them, each would have its monitor for longer. One that takes longer
 * than this may hang, and does not hold up the others. */
#define QMP_PACE_S     0.25
#define QMP_FRESH      16
#define QMP_FRESH_S    0.03
#define QMP_LOOK_S     0.01 /* how often that is looked at */
#define QMP_ANSWER_MAX (8u * 1024 * 1024)
/* A value takes some 50 bytes of memory, an array or object up to 800, however
 * little room they take in the text. What is told of a disk weighs about 300. */
#define QMP_WEIGHT_MAX  (1u << 20)
#define QMP_WEIGHT_NEST 16
#define QMP_DEPTH_MAX   256 /* a chain of backing files nests */
#define QMP_READ_SIZE   (64u * 1024)
#define QMP_BATCHES     8
#define QMP_NEGOTIATE   QMP_TAGS_MAX /* the tag of qmp_capabilities */

struct qmp_round {
    struct mono start, until; /* none is begun later than until */
    struct qmp_talk *talks;
    size_t talk_count, begun;
    struct qmp_talk *active[QMP_PARALLEL];
    struct pollfd polls[QMP_PARALLEL];
    size_t count;
    char text[QMP_READ_SIZE];
};

static int qmp_connect_address(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    r = -errno;
    close(fd);
    return r;
}

/* Connects to the socket of an O_PATH descriptor, which is closed. */
static int qmp_connect_opened(int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX];
    ssize_t n;
    int r;

    /* However long its path is, this one fits into sun_path. */
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", fd);
    n = readlink(address.sun_path, path, sizeof(path) - 1);
    if (n < 0) {
        r = -errno;
    } else {
        path[n] = '\0';
        r = qemu_is_libvirt_path(path) ? -EBUSY : qmp_connect_address(&address);
    }
    close(fd);
    return r;
}

/* An O_PATH descriptor of the socket, or -errno. */
static int qmp_find(const char *path)
{
    int fd;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return -ENAMETOOLONG;
    fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int qmp_find_inside(int proc_fd, pid_t pid, const char *path)
{
    bool absolute = path[0] == '/';
    char base[64];
    int base_fd, fd;

    snprintf(base, sizeof(base), "%d/%s", (int)pid, absolute ? "root" : "cwd");
    base_fd = openat(proc_fd, base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base_fd < 0)
        return -errno;
    /* Links in the path are the process's, too: /var/run -> /run. */
    if (absolute)
        fd = file_open_in_root(base_fd, path);
    else if ((fd = openat(base_fd, path, O_PATH | O_CLOEXEC)) < 0)
        fd = -errno;
    close(base_fd);
    return fd;
}

/* Connecting takes the permission to write. Closes the descriptor. */
static int qmp_check_opened(int fd)
{
    char path[64];
    int r = 0;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
        r = -errno;
    close(fd);
    return r;
}

int qmp_connect(const char *path)
{
    int fd = qmp_find(path);

    return fd < 0 ? fd : qmp_connect_opened(fd);
}

int qmp_connect_inside(int proc_fd, pid_t pid, const char *path)
{
    int fd = qmp_find_inside(proc_fd, pid, path);

    return fd < 0 ? fd : qmp_connect_opened(fd);
}

int qmp_check(const char *path)
{
    int fd = qmp_find(path);

    return fd < 0 ? fd : qmp_check_opened(fd);
}

int qmp_check_inside(int proc_fd, pid_t pid, const char *path)
{
    int fd = qmp_find_inside(proc_fd, pid, path);

    return fd < 0 ? fd : qmp_check_opened(fd);
}

void qmp_ask(struct qmp_talk *talk, unsigned tag, const char *execute, const char *arguments)
{
    if (talk->asked >= ARRAY_SIZE(talk->tags))
        return;
    buf_printf(&talk->out, "{\"execute\":\"%s\"", execute);
    if (arguments)
        buf_printf(&talk->out, ",\"arguments\":%s", arguments);
    buf_printf(&talk->out, "}");
    talk->tags[talk->asked++] = (unsigned char)tag;
}

/* Asks the next questions. Answers come in the order of the questions; only the
 * last one carries a number, which proves that they were those to this batch. */
static void qmp_ask_next(struct qmp_talk *talk)
{
    talk->ops->next(talk->self, talk);
    if (!talk->asked)
        return;
    talk->out.len--;
    buf_printf(&talk->out, ",\"id\":%u}", talk->batch);
}

static void qmp_end(struct qmp_talk *talk, enum qmp_result result, const char *reason)
{
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
    buf_done(&talk->out);
    if (talk->tokener) /* before json-c 0.17, NULL was not taken */
        json_tokener_free(talk->tokener);
    talk->tokener = NULL;
    talk->result = result;
    copy_text(talk->reason, sizeof(talk->reason), reason);
}

static void qmp_fail(struct qmp_talk *talk, int error)
{
    char reason[sizeof(talk->reason)];

    if (error == -EACCES || error == -EPERM) {
        qmp_end(talk, QMP_DENIED, "QMP: permission denied");
    } else if (error == -EAGAIN) {
        qmp_end(talk, QMP_BUSY, "QMP busy");
    } else {
        snprintf(reason, sizeof(reason), "QMP: %s", strerror(-error));
        qmp_end(talk, QMP_FAILED, reason);
    }
}

static void qmp_set_deadline(struct qmp_talk *talk, struct mono now)
{
    talk->deadline = mono_add_seconds(now, QMP_ANSWER_S);
    if (talk->deadline.ns > talk->last.ns)
        talk->deadline = talk->last;
}

/* A path can come to lead to another VM's socket. A listener that this process
 * cannot see has the number 0. */
static bool qmp_is_listener(const struct qmp_talk *talk)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    return !talk->listener || getsockopt(talk->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
           peer.pid <= 0 || peer.pid == talk->listener;
}

/* What is to be sent after the greeting is put together here. */
static void qmp_begin(struct qmp_talk *talk, struct mono now)
{
    talk->fd = talk->ops->connect(talk->self);
    if (talk->fd < 0) {
        qmp_fail(talk, talk->fd);
        return;
    }
    if (!qmp_is_listener(talk)) {
        qmp_end(talk, QMP_FAILED, "QMP: the socket is another process's");
        return;
    }
    talk->tokener = json_tokener_new_ex(QMP_DEPTH_MAX);
    if (!talk->tokener) {
        qmp_fail(talk, -ENOMEM);
        return;
    }
    talk->last = mono_add_seconds(now, QMP_TALK_S);
    qmp_set_deadline(talk, now);
    qmp_ask(talk, QMP_NEGOTIATE, "qmp_capabilities", NULL);
    qmp_ask_next(talk);
}

/* Sends what the socket takes. False = the conversation is over. */
static bool qmp_send(struct qmp_talk *talk)
{
    while (talk->greeted && talk->sent < talk->out.len) {
        ssize_t n = send(talk->fd, talk->out.data + talk->sent, talk->out.len - talk->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0 && errno != EINTR) {
            qmp_fail(talk, -errno);
            return false;
        }
        talk->sent += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* All answers are there. False = the conversation is over. */
static bool qmp_go_on(struct qmp_talk *talk)
{
    talk->batch++;
    buf_clear(&talk->out);
    talk->sent = 0;
    talk->asked = talk->answered = 0;
    if (talk->batch < QMP_BATCHES)
        qmp_ask_next(talk);
    if (!talk->asked) {
        qmp_end(talk, QMP_DONE, "");
        return false;
    }
    return qmp_send(talk);
}

/* The tag that waits for the message, or -1: events and what was not asked. */
static int qmp_tag_of(const struct qmp_talk *talk, struct json_object *message)
{
    struct json_object *id = NULL, *other = NULL;
    bool numbered = json_object_object_get_ex(message, "id", &id);
    bool last = talk->answered + 1 == talk->asked;

    if (!json_object_object_get_ex(message, "return", &other) &&
        !json_object_object_get_ex(message, "error", &other))
        return -1;
    if (talk->answered >= talk->asked || numbered != last)
        return -1;
    if (last && (!json_object_is_type(id, json_type_int) ||
                 json_object_get_int64(id) != (int64_t)talk->batch))
        return -1;
    return talk->tags[talk->answered];
}

/* False = the conversation is over. */
static bool qmp_take_message(struct qmp_talk *talk, struct json_object *message)
{
    struct mono now = clock_mono(&clock_system);
    struct json_object *value = NULL;
    int tag;

    if (!talk->greeted) {
        if (!json_object_object_get_ex(message, "QMP", &value)) {
            qmp_end(talk, QMP_FAILED, "QMP: no monitor greets there");
            return false;
        }
        talk->greeted = true;
        qmp_set_deadline(talk, now);
        return qmp_send(talk);
    }
    tag = qmp_tag_of(talk, message);
    if (tag < 0)
        return true;
    if (!json_object_object_get_ex(message, "return", &value))
        value = NULL;
    if (tag == QMP_NEGOTIATE && !value) {
        qmp_end(talk, QMP_FAILED, "QMP: the monitor does not negotiate");
        return false;
    }
    talk->answered++;
    if (tag != QMP_NEGOTIATE)
        talk->ops->take(talk->self, (unsigned)tag, value, now);
    qmp_set_deadline(talk, now);
    return talk->answered < talk->asked || qmp_go_on(talk);
}

/* Takes the messages out of a piece of text. False = the conversation is over. */
static bool qmp_parse(struct qmp_talk *talk, const char *text, size_t len)
{
    while (len) {
        struct json_object *message = json_tokener_parse_ex(talk->tokener, text, (int)len);
        enum json_tokener_error error = json_tokener_get_error(talk->tokener);
        size_t used = json_tokener_get_parse_end(talk->tokener);
        bool go_on = true;

        if (error == json_tokener_continue && used == len)
            return true;
        if (error != json_tokener_success || !used ||
            !json_object_is_type(message, json_type_object)) {
            json_object_put(message);
            qmp_end(talk, QMP_FAILED, "QMP: garbled answer");
            return false;
        }
        json_tokener_reset(talk->tokener);
        go_on = qmp_take_message(talk, message);
        json_object_put(message);
        if (!go_on)
            return false;
        text += used;
        len -= used;
        /* Between messages: else the tokener would wait for one to begin. */
        while (len && (*text == '\r' || *text == '\n' || *text == ' ')) {
            text++;
            len--;
        }
    }
    return true;
}

/* How much memory a piece of text may become. What stands
 * in strings counts, too: names of images can be JSON. */
static size_t qmp_weigh(const char *text, size_t len)
{
    size_t weight = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == ',')
            weight++;
        else if (text[i] == '{' || text[i] == '[')
            weight += QMP_WEIGHT_NEST;
    }
    return weight;
}

/* One piece, so that a monitor that has much to say does not hold up the others. */
static void qmp_receive(struct qmp_round *round, struct qmp_talk *talk)
{
    ssize_t n = recv(talk->fd, round->text, sizeof(round->text), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        qmp_fail(talk, -errno);
        return;
    }
    if (n == 0) {
        qmp_end(talk, QMP_FAILED, "QMP: the connection was closed");
        return;
    }
    talk->received += (size_t)n;
    talk->weight += qmp_weigh(round->text, (size_t)n);
    if (talk->received > QMP_ANSWER_MAX || talk->weight > QMP_WEIGHT_MAX) {
        qmp_end(talk, QMP_FAILED, "QMP: endless answer");
        return;
    }
    (void)qmp_parse(talk, round->text, (size_t)n);
}

/* Conversations that began a moment ago. */
static size_t qmp_count_fresh(const struct qmp_round *round)
{
    struct mono now = clock_mono(&clock_system);
    size_t fresh = 0;

    for (size_t i = 0; i < round->count; i++)
        fresh += mono_seconds_between(now, round->active[i]->last) > QMP_TALK_S - QMP_FRESH_S;
    return fresh;
}

static bool qmp_has_more(const struct qmp_round *round, struct mono now)
{
    return round->begun < round->talk_count && now.ns < round->until.ns;
}

/* When the next conversation begins at the latest, if there is room. */
static struct mono qmp_next_due(const struct qmp_round *round)
{
    return mono_add_seconds(round->start,
                            QMP_PACE_S * (double)round->begun / (double)round->talk_count);
}

/* Begins conversations whose time has come. */
static void qmp_begin_some(struct qmp_round *round)
{
    struct mono now = clock_mono(&clock_system);
    size_t fresh = qmp_has_more(round, now) ? qmp_count_fresh(round) : 0;

    while (qmp_has_more(round, now) && round->count < QMP_PARALLEL && fresh < QMP_FRESH &&
           (!fresh || now.ns >= qmp_next_due(round).ns)) {
        struct qmp_talk *talk = &round->talks[round->begun++];

        qmp_begin(talk, now);
        if (talk->fd >= 0) {
            round->active[round->count++] = talk;
            fresh++;
        }
        now = clock_mono(&clock_system);
    }
}

/* Until when to wait for conversations: those that hang make room by and by. */
static struct mono qmp_wait_end(const struct qmp_round *round, struct mono now)
{
    struct mono end = mono_add_seconds(now, QMP_LOOK_S), due;

    if (!qmp_has_more(round, now))
        return (struct mono){INT64_MAX};
    due = qmp_next_due(round);
    return due.ns > now.ns && due.ns < end.ns ? due : end;
}

/* Waits until something happens, the next deadline is over, or the next
 * conversation is to begin. */
static void qmp_wait(struct qmp_round *round)
{
    struct mono now = clock_mono(&clock_system), first = qmp_wait_end(round, now);
    struct timespec pause = {0};

    for (size_t i = 0; i < round->count; i++) {
        const struct qmp_talk *talk = round->active[i];
        bool sending = talk->greeted && talk->sent < talk->out.len;

        round->polls[i] =
            (struct pollfd){.fd = talk->fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (talk->deadline.ns < first.ns)
            first = talk->deadline;
    }
    if (first.ns > now.ns)
        pause = mono_to_timespec((struct mono){first.ns - now.ns});
    if (ppoll(round->polls, round->count, &pause, NULL) <= 0) {
        for (size_t i = 0; i < round->count; i++)
            round->polls[i].revents = 0;
    }
}

/* Goes on where something happened, and ends what is over. */
static void qmp_serve(struct qmp_round *round)
{
    struct mono now = clock_mono(&clock_system);
    size_t kept = 0;

    for (size_t i = 0; i < round->count; i++) {
        struct qmp_talk *talk = round->active[i];
        short happened = round->polls[i].revents;

        if (happened & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
            qmp_receive(round, talk);
        else if (happened & POLLOUT)
            (void)qmp_send(talk);
        else if (now.ns >= talk->deadline.ns)
            qmp_end(talk, talk->greeted ? QMP_SILENT : QMP_BUSY,
                    talk->greeted ? "QMP does not answer" : "QMP busy");
        /* Events alone do not prolong a conversation. */
        if (talk->fd >= 0 && now.ns >= talk->last.ns)
            qmp_end(talk, QMP_SILENT, "QMP does not answer");
        if (talk->fd >= 0)
            round->active[kept++] = talk;
    }
    round->count = kept;
}

void qmp_talk_all(struct qmp_talk *talks, size_t count)
{
    struct qmp_round *round;

    if (!count)
        return;
    round = xcalloc(1, sizeof(*round));
    round->start = clock_mono(&clock_system);
    round->until = mono_add_seconds(round->start, QMP_BEGIN_S + QMP_BEGIN_ONE * (double)count);
    round->talks = talks;
    round->talk_count = count;
    for (size_t i = 0; i < count; i++) {
        talks[i].fd = -1;
        talks[i].result = QMP_LEFT_OUT;
    }
    for (qmp_begin_some(round); round->count; qmp_begin_some(round)) {
        qmp_wait(round);
        qmp_serve(round);
    }
    free(round);
}
