/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device of a terminal. The open file behind a descriptor that was inherited is
 * shared with a shell and others, which O_NONBLOCK on it would break: so the
 * terminal is opened once more to write to it.
 */
#include "tui/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* What a terminal takes at least if poll(2) finds it writable: room in a pseudo-terminal
 * comes in pieces of 256 bytes. Only used where a write could block. */
#define TTY_CHUNK 128

/* A description of its own of the same terminal; -1 = it cannot be had (it belongs to
 * another user, or its name means another one in this namespace). */
static int tty_open_again(int fd)
{
    struct stat wanted, found;
    char name[PATH_MAX];
    int again;

    if (ttyname_r(fd, name, sizeof(name)) != 0)
        return -1;
    again = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (again < 0)
        return -1;
    if (fstat(fd, &wanted) == 0 && fstat(again, &found) == 0 && wanted.st_rdev == found.st_rdev &&
        wanted.st_dev == found.st_dev)
        return again;
    close(again);
    return -1;
}

int tty_open(int fd, struct tty *ret)
{
    struct tty tty = {.fd = fd};

    if (tcgetattr(fd, &tty.before) < 0)
        return -errno;
    tty.write_fd = tty_open_again(fd);
    if (tty.write_fd < 0) {
        tty.shared = true;
        tty.write_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    if (tty.write_fd < 0)
        return -errno;
    *ret = tty;
    return 0;
}

void tty_done(struct tty *tty)
{
    close(tty->write_fd);
    buf_done(&tty->queue);
}

void tty_take(struct tty *tty)
{
    struct termios modes;

    if (tty->taken)
        return;
    if (tcgetattr(tty->fd, &modes) == 0)
        tty->before = modes;
    modes = tty->before;
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | IXON | IXOFF | PARMRK);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    modes.c_lflag |= ISIG;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(tty->fd, TCSANOW, &modes);
    tty->taken = true;
}

bool tty_is_elsewhere(const struct tty *tty)
{
    pid_t group = tcgetpgrp(tty->fd);

    return group > 0 && group != getpgrp();
}

void tty_give_back(struct tty *tty)
{
    sigset_t set, before;

    if (!tty->taken)
        return;
    tty->taken = false;
    if (tty_is_elsewhere(tty))
        return;
    /* Were it in the background after all, this would stop the process. */
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    tcsetattr(tty->fd, TCSANOW, &tty->before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static unsigned tty_clamp(unsigned told, unsigned none, unsigned max)
{
    return told == 0 ? none : told > max ? max : told;
}

void tty_size(const struct tty *tty, unsigned *ret_rows, unsigned *ret_cols)
{
    struct winsize size = {0};

    if (ioctl(tty->fd, TIOCGWINSZ, &size) < 0)
        size = (struct winsize){0};
    *ret_rows = tty_clamp(size.ws_row, 24, TTY_ROWS_MAX);
    *ret_cols = tty_clamp(size.ws_col, 80, TTY_COLS_MAX);
}

bool tty_is_there(const struct tty *tty)
{
    struct pollfd ready = {.fd = tty->fd, .events = POLLIN};
    int n = 0;

    if (tty->dead)
        return false;
    if (poll(&ready, 1, 0) != 1)
        return true;
    if (ready.revents & (POLLHUP | POLLERR | POLLNVAL))
        return false;
    return ioctl(tty->fd, FIONREAD, &n) == 0 && n > 0;
}

void tty_queue(struct tty *tty, const void *data, size_t len)
{
    tty->bytes += len;
    if (tty->dead)
        return;
    buf_add(&tty->queue, data, len);
}

/* write(2) that does not block: how many bytes it took, or -errno. */
static ssize_t tty_write(const struct tty *tty, const char *data, size_t len)
{
    ssize_t n;

    if (tty->shared) {
        struct pollfd ready = {.fd = tty->write_fd, .events = POLLOUT};

        if (poll(&ready, 1, 0) != 1)
            return -EAGAIN;
        len = min_size(len, TTY_CHUNK);
    }
    n = write(tty->write_fd, data, len);
    return n < 0 ? -errno : n;
}

bool tty_flush(struct tty *tty)
{
    while (tty_unsent(tty) && !tty->dead) {
        ssize_t n = tty_write(tty, tty->queue.data + tty->sent, tty_unsent(tty));

        if (n == -EAGAIN)
            return false;
        if (n < 0 && n != -EINTR)
            tty->dead = true;
        tty->sent += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&tty->queue);
    tty->sent = 0;
    return !tty->dead;
}

bool tty_flush_within(struct tty *tty, double seconds)
{
    struct mono end = mono_add_seconds(clock_mono(&clock_system), seconds);

    while (!tty_flush(tty)) {
        struct pollfd ready = {.fd = tty->write_fd, .events = POLLOUT};
        double left = mono_seconds_between(clock_mono(&clock_system), end);

        if (tty->dead || left <= 0)
            return false;
        poll(&ready, 1, (int)(left * 1000) + 1);
    }
    return true;
}

void tty_write_now(const struct tty *tty, const void *data, size_t len)
{
    const char *bytes = data;

    while (len) {
        ssize_t n = tty_write(tty, bytes, len);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}
