/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen's layout, written into configuration files. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/program.h"
#include "support.h"

static struct tui_settings layout, base;
static double interval, base_interval;

static void start(void)
{
    settings_defaults(&layout);
    settings_defaults(&base);
    interval = base_interval = 2;
}

static struct buf edited(const char *text, size_t len)
{
    struct buf out = {0};

    config_edit(text, len, &(struct config_layout){&layout, interval},
                &(struct config_layout){&base, base_interval}, &out);
    return out;
}

static void set_view(enum view view, const char *fields, const char *sort)
{
    copy_text(layout.views[view].fields, SETTINGS_FIELDS_SIZE, fields);
    copy_text(layout.views[view].sort, SETTINGS_SORT_SIZE, sort);
}

/* The text becomes that, and stays it. */
static void assert_edit(const char *text, const char *expected)
{
    struct buf out = edited(text, strlen(text)), again;

    assert_string_equal(buf_text(&out), expected);
    again = edited(out.data, out.len);
    assert_string_equal(buf_text(&again), expected);
    buf_done(&out);
    buf_done(&again);
}

static struct buf file_text(const char *path)
{
    struct buf text = {0};
    char why[200] = "";

    if (config_file_read(path, &text, why, sizeof(why)) < 0)
        fail_msg("%s: %s", path, why);
    return text;
}

static void test_nothing_to_say(void **state UNUSED)
{
    start();
    assert_edit("", "");
    assert_edit("# x", "# x");
    assert_edit("host-name = a\r\nbroken\n[who]\nview = cpu",
                "host-name = a\r\nbroken\n[who]\nview = cpu");
    assert_edit("view = cpu\nhost-name = a\nunits = raw\n", "host-name = a\n");
    assert_edit("[view cpu]\nsort = name", "[view cpu]\n");
}

static void test_new_lines(void **state UNUSED)
{
    start();
    layout.view = VIEW_CPU;
    interval = 0.5;
    assert_edit("", "interval = 0.5\nview = cpu\n");
    assert_edit("# x", "# x\n\ninterval = 0.5\nview = cpu\n");
    assert_edit("# x\n\nfoo\n", "# x\n\ninterval = 0.5\nview = cpu\n\nfoo\n");
    assert_edit("# x\n[view mem]\n", "interval = 0.5\nview = cpu\n\n# x\n[view mem]\n");
    assert_edit("[view mem]\n", "interval = 0.5\nview = cpu\n\n[view mem]\n");
    assert_edit("[view mem]\n[proxtop]\n# y\n[x]",
                "[view mem]\n[proxtop]\ninterval = 0.5\nview = cpu\n# y\n[x]");
    assert_edit("a = b", "a = b\ninterval = 0.5\nview = cpu\n");
    assert_edit("a = b\n[proxprofiler]\ninterval = 9\nview = x\n",
                "a = b\ninterval = 0.5\nview = cpu\n[proxprofiler]\ninterval = 9\nview = x\n");
    assert_edit("\xef\xbb\xbf[x]\r\n", "\xef\xbb\xbfinterval = 0.5\r\nview = cpu\r\n\r\n[x]\r\n");
    start();
    set_view(VIEW_DISK, "", "name");
    assert_edit("a = b", "a = b\n\n[view disk]\nsort = name\n");
    assert_edit("[view disk]", "[view disk]\nsort = name\n");
    assert_edit("", "[view disk]\nsort = name\n");
}

/* What the system's file says must be contradicted by words. */
static void test_base(void **state UNUSED)
{
    start();
    base.view = VIEW_CPU;
    base_interval = 10;
    copy_text(base.views[VIEW_CPU].fields, SETTINGS_FIELDS_SIZE, "name");
    assert_edit("", "interval = 2\nview = all\n\n[view cpu]\nfields =\n");
    interval = 10;
    layout.view = VIEW_CPU;
    set_view(VIEW_CPU, "name", "");
    assert_edit("interval = 10\nview = mem\n", "");
}

static void set_after(void)
{
    start();
    layout.view = VIEW_DISK;
    layout.units = UNITS_RAW;
    set_view(VIEW_CPU, "-rdymx", "");
    set_view(VIEW_DISK, "", "lat:asc");
    set_view(VIEW_NICS, "", "device:desc");
}

static void test_whole_file(void **state UNUSED)
{
    struct buf before = file_text(TEST_DIRECTORY "/config/before.conf"),
               after = file_text(TEST_DIRECTORY "/config/after.conf");

    set_after();
    assert_edit(buf_text(&before), buf_text(&after));
    buf_done(&before);
    buf_done(&after);
}

/* Reads the text as the user's file; what it says of the layout must be what was written. */
static void assert_reads_back(const char *text, size_t len)
{
    struct tui_settings *read = xcalloc(1, sizeof(*read));
    struct config *config = config_new();
    struct options options;

    options_defaults(&options, &program_proxtop);
    settings_defaults(read);
    config_take(config, "F", LAYER_USER, text, len, &options, read);
    assert_int_equal(options.view < 0 ? VIEW_ALL : options.view, layout.view);
    assert_int_equal(options.units < 0 ? UNITS_HUMAN : options.units, layout.units);
    assert_near(options.interval, interval);
    for (unsigned view = 0; view < VIEW__COUNT; view++) {
        assert_string_equal(read->views[view].fields, layout.views[view].fields);
        assert_string_equal(read->views[view].sort, layout.views[view].sort);
    }
    config_free(config);
    free(read);
}

/* Whatever the file was: written, the layout is read back, and writing it again changes nothing. */
static void edit_any(const char *text, size_t len)
{
    struct buf out, again;

    set_after();
    interval = 3.25;
    out = edited(text, len);
    assert_reads_back(buf_text(&out), out.len);
    again = edited(out.data, out.len);
    assert_int_equal(again.len, out.len);
    assert_memory_equal(again.data, out.data, out.len);
    buf_done(&out);
    buf_done(&again);
}

static void test_any_file(void **state UNUSED)
{
    struct buf before = file_text(TEST_DIRECTORY "/config/before.conf"),
               full = file_text(TEST_DIRECTORY "/config/full.conf");

    support_each_prefix(buf_text(&before), before.len, edit_any);
    support_each_garbage(buf_text(&before), before.len, 300, edit_any);
    support_each_garbage(buf_text(&full), full.len, 300, edit_any);
    buf_done(&before);
    buf_done(&full);
}

struct place {
    char directory[64], path[128], system[128];
};

static void place_make(struct place *place)
{
    snprintf(place->directory, sizeof(place->directory), "/tmp/test_config_write.XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/a/b/config", place->directory);
    snprintf(place->system, sizeof(place->system), "%s/system", place->directory);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path);
}

static void place_remove(const struct place *place)
{
    assert_int_equal(nftw(place->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int write_to(const struct place *place, char why[400])
{
    why[0] = '\0';
    return config_write_file(place->system, place->path, &layout, interval, why, 400);
}

static void assert_file(const char *path, const char *expected, mode_t mode)
{
    struct buf text = file_text(path);
    struct stat st;

    assert_string_equal(buf_text(&text), expected);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
    buf_done(&text);
}

static void test_new_file(void **state UNUSED)
{
    struct place place;
    struct stat st, again;
    char why[400], directory[128];

    place_make(&place);
    start();
    layout.view = VIEW_CPU;
    assert_int_equal(write_to(&place, why), 0);
    assert_file(place.path, "view = cpu\n", 0644);
    snprintf(directory, sizeof(directory), "%s/a/b", place.directory);
    assert_int_equal(stat(directory, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    /* The same again leaves the very file. */
    assert_int_equal(stat(place.path, &st), 0);
    assert_int_equal(write_to(&place, why), 0);
    assert_int_equal(stat(place.path, &again), 0);
    assert_true(st.st_ino == again.st_ino);
    /* The system's file says it already. */
    put_file(place.system, "view = cpu\ninterval = 5\n", 0644);
    assert_int_equal(write_to(&place, why), 0);
    assert_file(place.path, "interval = 2\n", 0644);
    place_remove(&place);
}

static void test_mode_and_links(void **state UNUSED)
{
    struct place place;
    struct stat st;
    char why[400], target[128];

    place_make(&place);
    start();
    interval = 7;
    snprintf(target, sizeof(target), "%s/target", place.directory);
    put_file(target, "# mine\n\nhost-name = x\n", 0600);
    snprintf(place.path, sizeof(place.path), "%s/link", place.directory);
    assert_int_equal(symlink("target", place.path), 0);
    assert_int_equal(write_to(&place, why), 0);
    assert_file(target, "# mine\n\nhost-name = x\ninterval = 7\n", 0600);
    assert_int_equal(lstat(place.path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    unlink(target);
    assert_int_equal(write_to(&place, why), -ENOENT); /* a link to nowhere */
    assert_non_null(strstr(why, "--config=FILE"));
    place_remove(&place);
}

static int entries(const char *directory)
{
    DIR *list = opendir(directory);
    int count = 0;

    assert_non_null(list);
    while (readdir(list))
        count++;
    closedir(list);
    return count - 2; /* . and .. */
}

/* Whoever leaves at once finds the last of many, whole, and nothing beside it. */
static void test_writer(void **state UNUSED)
{
    struct place place;
    struct config_writer *writer;
    char directory[128];

    place_make(&place);
    start();
    writer = config_writer_new(place.system, place.path);
    for (int i = 0; i < 200; i++)
        config_writer_put(writer, &layout, 10 + i);
    layout.view = VIEW_CPU;
    config_writer_put(writer, &layout, 3);
    config_writer_free(writer);
    assert_file(place.path, "interval = 3\nview = cpu\n", 0644);
    snprintf(directory, sizeof(directory), "%s/a/b", place.directory);
    assert_int_equal(entries(directory), 1);
    place_remove(&place);
    config_writer_free(config_writer_new(place.system, place.path)); /* that nobody used */
    config_writer_free(NULL);
}

static void test_refused(void **state UNUSED)
{
    struct place place;
    char why[400], directory[128];

    place_make(&place);
    start();
    layout.view = VIEW_CPU;
    snprintf(directory, sizeof(directory), "%s/a", place.directory);
    put_file(directory, "x", 0644); /* where a directory has to be */
    assert_int_equal(write_to(&place, why), -ENOTDIR);
    assert_string_equal(why, "Not a directory; --config=FILE names another file");
    unlink(directory);
    snprintf(place.path, sizeof(place.path), "%s/config", place.directory);
    assert_int_equal(mkdir(place.path, 0700), 0);
    assert_int_equal(write_to(&place, why), -EINVAL);
    assert_string_equal(why, "it is no regular file; --config=FILE names another file");
    rmdir(place.path);
    put_file(place.path, "\xff\x01 no text\n[", 0644);
    assert_int_equal(write_to(&place, why), 0);
    assert_file(place.path, "view = cpu\n\n\xff\x01 no text\n[", 0644);
    if (geteuid() != 0) {
        assert_int_equal(chmod(place.directory, 0500), 0);
        interval = 9;
        assert_int_equal(write_to(&place, why), -EACCES);
        assert_string_equal(why, "Permission denied; make it writable, or name another file by "
                                 "--config=FILE");
        assert_int_equal(chmod(place.directory, 0700), 0);
    }
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_say), cmocka_unit_test(test_new_lines),
        cmocka_unit_test(test_base),           cmocka_unit_test(test_whole_file),
        cmocka_unit_test(test_any_file),       cmocka_unit_test(test_new_file),
        cmocka_unit_test(test_mode_and_links), cmocka_unit_test(test_writer),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
