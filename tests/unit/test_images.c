/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connect/images: what is asked, how often, and what happens around a question
 * that does not return. The file systems are made up, but for the last test's;
 * image_stat has its own tests.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "connect/images_internal.h"
#include "support.h"

#define PATIENCE_S 0.05
#define LIMIT_S    120.0 /* only what never comes takes that long */

/* File systems where each path below "/dead..." hangs while `dead`, and every
 * answer tells how many there have been. */
struct fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t now; /* of the clock; atomic */
    char dead[32];
    unsigned looks, inside, inside_max;
    unsigned looks_at_dead;
    struct images *images;
};

static dev_t fake_device(const char *path)
{
    return strstr(path, "dead") ? 77 : 99;
}

static void fake_look(void *self, pid_t pid, const char *path, struct image_answer *ret)
{
    struct fake *fake = self;

    pthread_mutex_lock(&fake->lock);
    fake->looks++;
    fake->inside++;
    if (fake->inside > fake->inside_max)
        fake->inside_max = fake->inside;
    fake->looks_at_dead += strstr(path, "dead") != NULL;
    pthread_cond_broadcast(&fake->changed);
    while (fake->dead[0] && strstr(path, fake->dead))
        pthread_cond_wait(&fake->changed, &fake->lock);
    fake->inside--;
    if (!strstr(path, "gone")) {
        ret->kind = strstr(path, "/dev/") ? IMAGE_KIND_BLOCK : IMAGE_KIND_FILE;
        ret->st_dev = fake_device(path);
        ret->device = fake_device(path) + (dev_t)pid;
        ret->has_size = true;
        ret->size = fake->looks;
    }
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

static struct mono fake_mono(void *self)
{
    return (struct mono){__atomic_load_n(&((struct fake *)self)->now, __ATOMIC_RELAXED)};
}

static void fake_pass(struct fake *fake, double seconds)
{
    __atomic_add_fetch(&fake->now, (int64_t)(seconds * (double)NS_PER_S), __ATOMIC_RELAXED);
}

static void fake_init_patient(struct fake *fake, struct clock_source *clock, double patience)
{
    struct images_ops ops = {.look = fake_look, .self = fake, .clock = clock, .patience = patience};

    *fake = (struct fake){.now = (int64_t)NS_PER_S};
    *clock = (struct clock_source){.mono = fake_mono, .self = fake};
    pthread_mutex_init(&fake->lock, NULL);
    cond_init(&fake->changed);
    fake->images = images_new_with_ops(&ops);
    assert_non_null(fake->images);
}

static void fake_init(struct fake *fake, struct clock_source *clock)
{
    fake_init_patient(fake, clock, LIMIT_S);
}

/* dead "" = everything answers again. */
static void fake_set_dead(struct fake *fake, const char *dead)
{
    pthread_mutex_lock(&fake->lock);
    copy_text(fake->dead, sizeof(fake->dead), dead);
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

static void fake_done(struct fake *fake)
{
    fake_set_dead(fake, "");
    while (!images_free(fake->images))
        ;
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
}

static unsigned fake_looks(struct fake *fake)
{
    unsigned looks;

    pthread_mutex_lock(&fake->lock);
    looks = fake->looks;
    pthread_mutex_unlock(&fake->lock);
    return looks;
}

/* Until at least so many questions are under way. */
static void fake_wait_inside(struct fake *fake, unsigned count)
{
    struct mono until = mono_in(LIMIT_S);

    pthread_mutex_lock(&fake->lock);
    while (fake->inside < count)
        assert_true(cond_wait_until(&fake->changed, &fake->lock, until));
    pthread_mutex_unlock(&fake->lock);
}

/* Asks until the answer is there, and newer than `size`. */
static struct image find_newer(struct fake *fake, pid_t pid, const char *path, uint64_t size)
{
    struct mono until = mono_in(LIMIT_S);
    struct image image = {0};

    while (!images_find(fake->images, pid, path, &image) || image.size.value <= size) {
        assert_true(clock_mono(&clock_system).ns < until.ns);
        usleep(500);
    }
    return image;
}

static struct image find(struct fake *fake, pid_t pid, const char *path)
{
    return find_newer(fake, pid, path, 0);
}

static void test_first_question(void **state UNUSED)
{
    struct clock_source clock;
    struct fake fake;
    struct image image = {.device = 5};

    fake_init(&fake, &clock);
    fake_set_dead(&fake, "/a");
    assert_false(images_find(fake.images, 1, "/a/x", &image));
    assert_int_equal(image.device, 5);
    fake_set_dead(&fake, "");
    image = find(&fake, 1, "/a/x");
    assert_int_equal(image.device, 100);
    assert_int_equal(image.kind, IMAGE_KIND_FILE);
    assert_int_equal(image.size.value, 1);
    assert_int_equal(image.size.at.ns, fake.now);
    assert_int_equal(find(&fake, 1, "/dev/x").kind, IMAGE_KIND_BLOCK);
    assert_int_equal(fake_looks(&fake), 2);
    fake_done(&fake);
}

static void test_process_is_part_of_the_key(void **state UNUSED)
{
    struct clock_source clock;
    struct fake fake;

    fake_init(&fake, &clock);
    assert_int_equal(find(&fake, 1, "/a/x").device, 100);
    assert_int_equal(find(&fake, 2, "/a/x").device, 101);
    assert_int_equal(find(&fake, 1, "/a/x").device, 100);
    assert_int_equal(fake_looks(&fake), 2);
    fake_done(&fake);
}

static void test_file_that_is_gone(void **state UNUSED)
{
    struct mono until = mono_in(LIMIT_S);
    struct image image = {.kind = IMAGE_KIND_FILE, .device = 5, .size = {.value = 6, .at = {7}}};
    struct clock_source clock;
    struct fake fake;

    fake_init(&fake, &clock);
    while (!images_find(fake.images, 1, "/a/gone", &image)) {
        assert_true(clock_mono(&clock_system).ns < until.ns);
        usleep(500);
    }
    assert_int_equal(image.kind, IMAGE_KIND_UNKNOWN);
    assert_int_equal(image.device, 0);
    assert_false(raw_valid(image.size));
    fake_done(&fake);
}

/* Others that are asked for behind it show that it did not wait in the queue. */
static void test_once_a_minute(void **state UNUSED)
{
    struct clock_source clock;
    struct fake fake;
    uint64_t size;

    fake_init(&fake, &clock);
    size = find(&fake, 1, "/a/x").size.value;
    fake_pass(&fake, 49.9);
    assert_int_equal(find(&fake, 1, "/a/x").size.value, size);
    find(&fake, 1, "/a/y");
    assert_int_equal(find(&fake, 1, "/a/x").size.value, size);
    assert_int_equal(fake_looks(&fake), 2);
    fake_set_dead(&fake, "/a/x");
    fake_pass(&fake, 10.2);
    assert_int_equal(find(&fake, 1, "/a/x").size.value, size);
    fake_wait_inside(&fake, 1);
    assert_int_equal(find(&fake, 1, "/a/x").size.value, size);
    fake_set_dead(&fake, "");
    assert_int_equal(find_newer(&fake, 1, "/a/x", size).size.value, 3);
    fake_done(&fake);
}

static void test_unasked_is_left_alone_and_dropped(void **state UNUSED)
{
    struct clock_source clock;
    struct image image;
    struct fake fake;

    fake_init(&fake, &clock);
    find(&fake, 1, "/a/x");
    find(&fake, 1, "/a/y");
    for (unsigned i = 1; i < 21; i++) { /* up to 600 s */
        fake_pass(&fake, 30);
        find(&fake, 1, "/a/y");
    }
    find_newer(&fake, 1, "/a/z", 0);
    assert_true(images_find(fake.images, 1, "/a/x", &image));
    assert_int_equal(image.size.value, 1);
    for (unsigned i = 1; i <= 21; i++) {
        fake_pass(&fake, 30);
        find(&fake, 1, "/a/y");
    }
    image.size.value = 12345;
    fake_set_dead(&fake, "/a/x");
    assert_false(images_find(fake.images, 1, "/a/x", &image));
    assert_int_equal(image.size.value, 12345);
    fake_done(&fake);
}

/* Who asks once an hour gets the answer to the question before. */
static void test_asked_rarely(void **state UNUSED)
{
    struct clock_source clock;
    struct image image;
    struct fake fake;
    char path[32];

    fake_init(&fake, &clock);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/a/%u", i);
        find(&fake, 1, path);
    }
    for (unsigned hour = 0; hour < 30; hour++) {
        fake_pass(&fake, 3600);
        for (unsigned i = 0; i < 50; i++) {
            snprintf(path, sizeof(path), "/a/%u", i);
            assert_true(images_find(fake.images, 1, path, &image));
        }
    }
    fake_done(&fake);
}

static void test_paths_that_are_none(void **state UNUSED)
{
    static char path[8192];
    struct clock_source clock;
    struct image image;
    struct fake fake;

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    assert_false(images_find(NULL, 1, "/a/x", &image));
    assert_true(images_free(NULL));
    fake_init(&fake, &clock);
    assert_false(images_find(fake.images, 1, path, &image));
    assert_false(images_find(fake.images, 1, "", &image));
    assert_false(images_find(fake.images, 1, "a/x", &image));
    path[4095] = '\0';
    find(&fake, 1, path);
    find(&fake, 1, "/");
    find(&fake, 1, "/x");
    assert_int_equal(fake_looks(&fake), 3);
    fake_done(&fake);
}

/* One dead file system, asked for in every way, holds one thread. */
static void test_dead_file_system(void **state UNUSED)
{
    static const char *const dead[] = {"/mnt/dead/vms/2/x", "/mnt/dead/vms/1/y",
                                       "/mnt/dead/vms/1/z/w", "/elsewhere/dead"};
    struct clock_source clock;
    struct image image;
    struct fake fake;
    char path[32];

    fake_init_patient(&fake, &clock, PATIENCE_S);
    find(&fake, 1, "/elsewhere/dead"); /* the device of the others, as is known */
    find(&fake, 1, "/mnt/dead/vms/1/x");
    find(&fake, 1, "/live/known");
    fake_set_dead(&fake, "dead");
    fake_pass(&fake, 61);
    find(&fake, 1, "/mnt/dead/vms/1/x");
    fake_wait_inside(&fake, 1);
    for (unsigned i = 0; i < 200; i++) {
        for (size_t d = 0; d < ARRAY_SIZE(dead); d++) {
            bool known = images_find(fake.images, 1, dead[d], &image);

            assert_int_equal(known, d == ARRAY_SIZE(dead) - 1);
        }
        snprintf(path, sizeof(path), "/live/%u", i);
        find(&fake, 1, path);
        if (i % 50 == 0)
            fake_pass(&fake, 61);
    }
    assert_int_equal(fake.inside_max, 2);
    assert_int_equal(fake.looks_at_dead, 3);
    assert_true(images_find(fake.images, 1, "/mnt/dead/vms/1/x", &image));
    fake_set_dead(&fake, "");
    for (size_t d = 0; d < ARRAY_SIZE(dead); d++)
        find_newer(&fake, 1, dead[d], 203);
    fake_done(&fake);
}

/* At the start, with nothing known: neighbours are told by their paths. */
static void test_dead_from_the_start(void **state UNUSED)
{
    struct clock_source clock;
    struct image image;
    struct fake fake;
    char path[64];

    fake_init_patient(&fake, &clock, PATIENCE_S);
    fake_set_dead(&fake, "dead");
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/mnt/pve/dead/images/%u/disk", i);
        assert_false(images_find(fake.images, 1, path, &image));
    }
    find(&fake, 1, "/mnt/pve/live/images/1/disk");
    find(&fake, 1, "/x");
    assert_int_equal(fake.looks_at_dead, 1);
    fake_set_dead(&fake, "");
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/mnt/pve/dead/images/%u/disk", i);
        find(&fake, 1, path);
    }
    fake_done(&fake);
}

static void test_all_threads_hang(void **state UNUSED)
{
    struct clock_source clock;
    struct image image;
    struct fake fake;
    uint64_t size;
    char path[32];

    fake_init_patient(&fake, &clock, PATIENCE_S);
    size = find(&fake, 1, "/live/x").size.value;
    fake_set_dead(&fake, "dead");
    for (unsigned i = 0; i < 9; i++) {
        snprintf(path, sizeof(path), "/dead%u/x", i);
        assert_false(images_find(fake.images, 1, path, &image));
    }
    fake_wait_inside(&fake, IMAGES_WORKERS);
    fake_pass(&fake, 61);
    assert_int_equal(find(&fake, 1, "/live/x").size.value, size);
    assert_false(images_find(fake.images, 1, "/live/y", &image));
    assert_false(images_free(fake.images));
    assert_int_equal(fake.inside, IMAGES_WORKERS);
    assert_int_equal(fake_looks(&fake), 1 + IMAGES_WORKERS);
    fake_done(&fake);
}

static void test_recovery(void **state UNUSED)
{
    struct clock_source clock;
    struct image image;
    struct fake fake;
    char path[32];

    fake_init_patient(&fake, &clock, PATIENCE_S);
    for (unsigned round = 0; round < 3; round++) {
        fake_set_dead(&fake, "dead");
        for (unsigned i = 0; i < 9; i++) {
            snprintf(path, sizeof(path), "/dead%u/%u", i, round);
            assert_false(images_find(fake.images, 1, path, &image));
        }
        fake_wait_inside(&fake, round ? 1 : IMAGES_WORKERS);
        snprintf(path, sizeof(path), "/live/%u", round);
        images_find(fake.images, 1, path, &image);
        fake_set_dead(&fake, round == 1 ? "dead1" : "");
        find(&fake, 1, path);
        fake_set_dead(&fake, "");
        for (unsigned i = 0; i < 9; i++) {
            snprintf(path, sizeof(path), "/dead%u/%u", i, round);
            find(&fake, 1, path);
        }
    }
    assert_true(fake.inside_max <= IMAGES_WORKERS);
    fake_done(&fake);
}

static void *ask_many(void *argument)
{
    struct fake *fake = argument;
    struct image image;
    char path[32];

    for (unsigned i = 0; i < 20000; i++) {
        snprintf(path, sizeof(path), "/%s%u/%u", i % 7 ? "live" : "dead", i % 3, i % 1000);
        images_find(fake->images, (pid_t)(i % 5), path, &image);
        if (i % 1000 == 0)
            fake_pass(fake, 20);
    }
    return NULL;
}

static void test_many_threads(void **state UNUSED)
{
    struct clock_source clock;
    pthread_t threads[3];
    struct fake fake;

    fake_init_patient(&fake, &clock, 0.001);
    fake_set_dead(&fake, "dead1");
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(thread_start(&threads[i], ask_many, &fake), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        pthread_join(threads[i], NULL);
    fake_set_dead(&fake, "");
    find(&fake, 1, "/dead1/new");
    assert_true(fake.inside_max <= IMAGES_WORKERS);
    fake_done(&fake);
}

/* Ended while questions are under way, which return in time. */
static void test_free_at_once(void **state UNUSED)
{
    for (unsigned i = 0; i < 50; i++) {
        struct clock_source clock;
        struct image image;
        struct fake fake;

        fake_init(&fake, &clock);
        for (unsigned j = 0; j < i; j++)
            images_find(fake.images, (pid_t)j, "/a/x", &image);
        fake_done(&fake);
    }
}

/* A process that sees a FUSE file system in the directory, which it never
 * serves, until the pipe is closed. Tells by a byte that it is there: 'y' or 'n'. */
static void serve_nothing(const char *directory, int ready, int wait_for)
{
    bool good =
        unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    int fd = good ? open("/dev/fuse", O_RDWR | O_CLOEXEC) : -1;
    char options[96], c;

    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    c = fd >= 0 && mount("none", directory, "fuse", 0, options) == 0 ? 'y' : 'n';
    if (write(ready, &c, 1) == 1)
        (void)!read(wait_for, &c, 1);
    _exit(0);
}

struct server {
    pid_t pid;
    int ready, hold;
};

/* False: it takes privileges that are not there. */
static bool server_start(struct server *server, const char *directory)
{
    int ready[2], hold[2];
    char c = 'n';

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        close(hold[1]);
        serve_nothing(directory, ready[1], hold[0]);
    }
    close(ready[1]);
    close(hold[0]);
    server->ready = ready[0];
    server->hold = hold[1];
    return read(ready[0], &c, 1) == 1 && c == 'y';
}

/* The file system goes with the server, and who waits for it gets an error. */
static void server_stop(const struct server *server)
{
    close(server->hold);
    close(server->ready);
    waitpid(server->pid, NULL, 0);
}

static void test_real_hang(void **state UNUSED)
{
    char directory[] = "/tmp/test-images-XXXXXX", *path;
    struct fake fake = {.dead = ""};
    struct mono until = mono_in(LIMIT_S);
    struct server server;
    struct image image;
    int proc_fd = -1, sys_fd = -1;
    bool there;

    assert_non_null(mkdtemp(directory));
    path = xasprintf("%s/x", directory);
    there = server_start(&server, directory);
    if (there) {
        proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        sys_fd = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fake.images = images_new(proc_fd, sys_fd, false);
        assert_non_null(fake.images);
        assert_false(images_find(fake.images, server.pid, path, &image));
        find(&fake, getpid(), "/etc/passwd");
        assert_false(images_find(fake.images, server.pid, path, &image));
        assert_false(images_free(fake.images));
    }
    server_stop(&server);
    while (there && !images_free(fake.images))
        assert_true(clock_mono(&clock_system).ns < until.ns);
    if (there) {
        close(proc_fd);
        close(sys_fd);
    }
    rmdir(directory);
    free(path);
    if (!there)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_question),
        cmocka_unit_test(test_process_is_part_of_the_key),
        cmocka_unit_test(test_file_that_is_gone),
        cmocka_unit_test(test_once_a_minute),
        cmocka_unit_test(test_unasked_is_left_alone_and_dropped),
        cmocka_unit_test(test_asked_rarely),
        cmocka_unit_test(test_paths_that_are_none),
        cmocka_unit_test(test_dead_file_system),
        cmocka_unit_test(test_dead_from_the_start),
        cmocka_unit_test(test_all_threads_hang),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_free_at_once),
        cmocka_unit_test(test_real_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
