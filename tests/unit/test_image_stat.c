/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connect/image_stat: real files of every kind, in a made-up procfs whose
 * PID/root are plain directories, and in the real one.
 */
#include "connect/image_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "support.h"

#define PID 77 /* of the made-up procfs */

/* A directory with proc/77/root in it, which is removed at the end. */
struct place {
    char path[64];
    int fd, root_fd;
    struct image_roots made, real;
};

static void place_run(const char *path, const char *script)
{
    char *command = xasprintf("cd '%s' && %s", path, script);

    assert_int_equal(system(command), 0);
    free(command);
}

static void place_init(struct place *place)
{
    copy_text(place->path, sizeof(place->path), "/tmp/test-images-XXXXXX");
    assert_non_null(mkdtemp(place->path));
    place_run(place->path, "mkdir -p proc/77/root/a/b sys");
    place->fd = file_open_directory(place->path);
    place->root_fd = openat(place->fd, "proc/77/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    place->made = (struct image_roots){
        .proc_fd = openat(place->fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .sys_fd = openat(place->fd, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    place->real = (struct image_roots){
        .proc_fd = file_open_directory("/proc"),
        .sys_fd = file_open_directory("/sys"),
    };
    assert_true(place->root_fd >= 0 && place->made.sys_fd >= 0 && place->real.proc_fd >= 0);
}

static void place_done(struct place *place)
{
    close(place->made.proc_fd);
    close(place->made.sys_fd);
    close(place->real.proc_fd);
    if (place->real.sys_fd >= 0)
        close(place->real.sys_fd);
    close(place->root_fd);
    close(place->fd);
    place_run(place->path, "rm -rf proc sys real");
    rmdir(place->path);
}

static void place_file(const struct place *place, const char *path, off_t size)
{
    int fd = openat(place->root_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

/* The file system's own word about its device; that of tmpfs or btrfs is none. */
static dev_t device_below(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return major(st.st_dev) ? st.st_dev : 0;
}

static void assert_size(const struct image_roots *roots, pid_t pid, const char *path, uint64_t size)
{
    struct image_answer answer;

    image_stat(roots, pid, path, &answer);
    assert_true(answer.has_size);
    assert_int_equal(answer.size, size);
}

static void assert_nothing(const struct image_roots *roots, pid_t pid, const char *path)
{
    struct image_answer answer = {
        .kind = IMAGE_KIND_FILE, .st_dev = 1, .device = 2, .has_size = true, .size = 3};

    image_stat(roots, pid, path, &answer);
    assert_int_equal(answer.kind, IMAGE_KIND_UNKNOWN);
    assert_int_equal(answer.st_dev, 0);
    assert_int_equal(answer.device, 0);
    assert_false(answer.has_size);
    assert_int_equal(answer.size, 0);
}

static void test_words(void **state UNUSED)
{
    assert_null(image_kind_word(IMAGE_KIND_UNKNOWN));
    assert_string_equal(image_kind_word(IMAGE_KIND_FILE), "file");
    assert_string_equal(image_kind_word(IMAGE_KIND_BLOCK), "block");
}

static void test_files(void **state UNUSED)
{
    struct image_answer answer;
    struct place place;
    struct stat st;

    place_init(&place);
    place_file(&place, "a/b/sparse.img", (off_t)3 << 30);
    place_file(&place, "a/empty", 0);
    image_stat(&place.made, PID, "/a/b/sparse.img", &answer);
    assert_int_equal(fstat(place.root_fd, &st), 0);
    assert_int_equal(answer.st_dev, st.st_dev);
    assert_int_equal(answer.kind, IMAGE_KIND_FILE);
    assert_int_equal(answer.device, device_below(place.root_fd));
    assert_true(answer.has_size);
    assert_int_equal(answer.size, UINT64_C(3) << 30);
    assert_size(&place.made, PID, "/a/empty", 0);
    assert_nothing(&place.made, PID, "/a/none");
    assert_nothing(&place.made, PID, "/a/empty/none");
    place_done(&place);
}

/* Links are followed as the process would: "/" is its own root. */
static void test_links(void **state UNUSED)
{
    struct place place;

    place_init(&place);
    place_file(&place, "a/b/real", 1234);
    place_run(place.path, "ln -s b/real proc/77/root/a/one; ln -s /a/one proc/77/root/two;"
                          "ln -s ../../../../two proc/77/root/a/b/three;"
                          "ln -s /proc/self/root/etc/passwd proc/77/root/out;"
                          "ln -s ../../../../../../../../../etc/passwd proc/77/root/up;"
                          "ln -s /etc/passwd proc/77/root/passwd; ln -s loop proc/77/root/loop");
    assert_size(&place.made, PID, "/a/one", 1234);
    assert_size(&place.made, PID, "/two", 1234);
    assert_size(&place.made, PID, "/a/b/three", 1234);
    assert_size(&place.made, PID, "/../../a/../two", 1234);
    assert_nothing(&place.made, PID, "/out");
    assert_nothing(&place.made, PID, "/up");
    assert_nothing(&place.made, PID, "/passwd");
    assert_nothing(&place.made, PID, "/loop");
    assert_nothing(&place.made, PID, "/../../../../../../../../etc/passwd");
    place_done(&place);
}

/* Without openat2(2) the plain way finds what no absolute link leads to. */
static void test_without_openat2(void **state UNUSED)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};
    struct place place;
    int status = -1;
    pid_t pid;

    place_init(&place);
    place_file(&place, "a/b/real", 1234);
    place_run(place.path, "ln -s b/real proc/77/root/a/one");
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct image_answer file, link;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
            _exit(77);
        image_stat(&place.made, PID, "/a/b/real", &file);
        image_stat(&place.made, PID, "/a/one", &link);
        _exit(file.size == 1234 && link.size == 1234 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    place_done(&place);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

/* Nothing that is opened: a fifo would wait for a writer. */
static void test_other_kinds(void **state UNUSED)
{
    struct image_answer answer;
    struct place place;

    place_init(&place);
    place_run(place.path, "mkfifo proc/77/root/a/fifo");
    image_stat(&place.made, PID, "/a/fifo", &answer);
    assert_true(answer.st_dev && !answer.device && !answer.has_size);
    image_stat(&place.made, PID, "/a", &answer);
    assert_true(answer.st_dev && !answer.device && !answer.has_size);
    assert_int_equal(answer.kind, IMAGE_KIND_UNKNOWN);
    image_stat(&place.real, getpid(), "/dev/null", &answer);
    assert_int_equal(answer.kind, IMAGE_KIND_UNKNOWN);
    assert_true(answer.st_dev && !answer.device && !answer.has_size);
    place_done(&place);
}

/* Some block device of /dev; false if there is none. */
static bool any_block_device(char *path, size_t size, dev_t *ret)
{
    DIR *dir = opendir("/dev");
    struct dirent *item;
    bool found = false;

    while (dir && !found && (item = readdir(dir))) {
        struct stat st;

        if (fstatat(dirfd(dir), item->d_name, &st, 0) < 0 || !S_ISBLK(st.st_mode))
            continue;
        snprintf(path, size, "/dev/%s", item->d_name);
        *ret = st.st_rdev;
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}

static void assert_block_size(struct place *place, const char *device_path, dev_t device,
                              const char *text, uint64_t size)
{
    struct image_roots roots = {.proc_fd = place->real.proc_fd, .sys_fd = place->made.sys_fd};
    struct image_answer answer;
    char *command = xasprintf("mkdir -p sys/dev/block/%u:%u; printf '%s' >sys/dev/block/%u:%u/size",
                              major(device), minor(device), text, major(device), minor(device));

    place_run(place->path, command);
    free(command);
    image_stat(&roots, getpid(), device_path, &answer);
    assert_int_equal(answer.device, device);
    assert_int_equal(answer.has_size, size != 0);
    assert_int_equal(answer.size, size);
}

static void test_block_device(void **state UNUSED)
{
    struct image_answer answer;
    struct place place;
    char path[300];
    dev_t device = 0;

    if (!any_block_device(path, sizeof(path), &device))
        skip();
    place_init(&place);
    place.real.sys_fd = -1;
    image_stat(&place.real, getpid(), path, &answer);
    assert_int_equal(answer.kind, IMAGE_KIND_BLOCK);
    assert_int_equal(answer.device, device);
    assert_false(answer.has_size);
    assert_block_size(&place, path, device, "2048\\n", 1048576);
    assert_block_size(&place, path, device, "36028797018963967\\n", UINT64_MAX - 511);
    assert_block_size(&place, path, device, "36028797018963968\\n", 0);
    assert_block_size(&place, path, device, "x\\n", 0);
    assert_block_size(&place, path, device, "", 0);
    place_done(&place);
}

static void test_tmpfs(void **state UNUSED)
{
    char path[] = "/dev/shm/test-images-XXXXXX";
    struct image_answer answer;
    struct place place;
    struct statfs fs;
    int fd;

    if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC)
        skip();
    fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4321), 0);
    place_init(&place);
    image_stat(&place.real, getpid(), path, &answer);
    unlink(path);
    close(fd);
    assert_int_equal(answer.kind, IMAGE_KIND_FILE);
    assert_true(answer.st_dev != 0);
    assert_int_equal(answer.device, 0);
    assert_true(answer.has_size);
    assert_int_equal(answer.size, 4321);
    place_done(&place);
}

/* Where PID/root cannot be entered, our own view serves, if the procfs is ours. */
static void test_other_way(void **state UNUSED)
{
    struct place place;
    char *path;

    place_init(&place);
    place_file(&place, "a/b/real", 1234);
    path = xasprintf("%s/proc/77/root/a/b/real", place.path);
    assert_size(&place.real, getpid(), path, 1234);
    assert_size(&place.made, 78, path, 1234);
    assert_size(&place.made, 0, path, 1234);
    place.made.procfs_given = true;
    assert_nothing(&place.made, 78, path);
    assert_size(&place.made, PID, "/a/b/real", 1234);
    if (geteuid() != 0) {
        place.made.procfs_given = false;
        place_run(place.path, "chmod 0 proc/77");
        assert_size(&place.made, PID, path, 1234);
        place.made.procfs_given = true;
        assert_nothing(&place.made, PID, path);
        place_run(place.path, "chmod 700 proc/77");
    }
    free(path);
    place_done(&place);
}

/* A process with a mount of its own, in a root of its own, until the pipe is
 * closed. Tells by a byte that it is there: 'y' or 'n'. */
static void live_elsewhere(const char *path, int ready, int wait_for)
{
    bool good =
        unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    char c;

    good = good && mkdirat(AT_FDCWD, path, 0700) == 0 && mount("none", path, "tmpfs", 0, NULL) == 0;
    good = good && chroot(path) == 0 && chdir("/") == 0 && mkdir("/in", 0700) == 0;
    good = good && truncate("/in/file", 0) < 0 && errno == ENOENT;
    if (good) {
        int fd = open("/in/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        good = fd >= 0 && ftruncate(fd, 5555) == 0 && symlink("/in/file", "/link") == 0;
    }
    c = good ? 'y' : 'n';
    if (write(ready, &c, 1) == 1)
        (void)!read(wait_for, &c, 1);
    _exit(0);
}

static void test_other_namespace(void **state UNUSED)
{
    int ready[2], hold[2];
    struct place place;
    char c = 'n';
    char *path;
    pid_t pid;

    place_init(&place);
    path = xasprintf("%s/real", place.path);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(hold[1]);
        live_elsewhere(path, ready[1], hold[0]);
    }
    close(ready[1]);
    close(hold[0]);
    (void)!read(ready[0], &c, 1);
    if (c == 'y') {
        struct image_answer answer;

        assert_size(&place.real, pid, "/in/file", 5555);
        assert_size(&place.real, pid, "/link", 5555);
        image_stat(&place.real, pid, "/link", &answer);
        assert_true(answer.st_dev && !answer.device);
        assert_nothing(&place.real, getpid(), "/in/file");
    }
    close(hold[1]);
    close(ready[0]);
    waitpid(pid, NULL, 0);
    free(path);
    place_done(&place);
    if (c != 'y')
        skip(); /* takes privileges */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),           cmocka_unit_test(test_files),
        cmocka_unit_test(test_links),           cmocka_unit_test(test_without_openat2),
        cmocka_unit_test(test_other_kinds),     cmocka_unit_test(test_block_device),
        cmocka_unit_test(test_tmpfs),           cmocka_unit_test(test_other_way),
        cmocka_unit_test(test_other_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
