/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/state: what was written goes on exactly as what it was written of; nothing else is read.
 */
#include "profiler/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_learned.h"
#include "made_profile.h"
#include "profiler/record.h"
#include "support.h"

#define WHY 200

/* What was read, to be given back. */
struct loaded {
    struct profile_settings settings;
    struct profile *profile;
    struct vm_identity vm;
    char why[WHY];
};

static enum state_verdict load(const char *text, size_t len, struct loaded *loaded)
{
    *loaded = (struct loaded){0};
    return state_read(text, len, NULL, &loaded->settings, &loaded->vm, &loaded->profile,
                      loaded->why, sizeof(loaded->why));
}

static void unload(struct loaded *loaded)
{
    profile_free(loaded->profile);
    vm_identity_done(&loaded->vm);
}

static void write_text(const struct profile *profile, struct buf *out)
{
    struct vm_identity vm = made_vm("web \"1\"");

    buf_clear(out);
    state_write(&vm, profile, out);
    vm_identity_done(&vm);
}

static void assert_same_text(struct buf *a, struct buf *b)
{
    if (a->len == b->len && !memcmp(a->data, b->data, a->len))
        return;
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        if (a->data[i] == b->data[i])
            continue;
        print_error("%.200s\n%.200s\n", buf_text(a) + (i > 80 ? i - 80 : 0),
                    buf_text(b) + (i > 80 ? i - 80 : 0));
        break;
    }
    fail_msg("texts of %zu and %zu bytes differ", a->len, b->len);
}

/* Learned, saved, read, and as much again: as if there had been no end in between. */
static void check_goes_on(unsigned kind, uint64_t samples, uint64_t more)
{
    struct profile_settings settings = made_kind(kind);
    struct profile *profile = made_profile(&settings, 9);
    struct buf text = {0}, other = {0};
    struct loaded loaded;

    made_learn(profile, 0, samples);
    write_text(profile, &text);
    if (load(text.data, text.len, &loaded) != STATE_GOOD)
        fail_msg("kind %u, %d samples: %s", kind, (int)samples, loaded.why);
    assert_string_equal(loaded.vm.name, "web \"1\"");
    assert_string_equal(loaded.vm.key, "100");
    assert_int_equal(loaded.vm.vcpus, 4);
    assert_int_equal(loaded.vm.mem_kb, 8388608);
    assert_true(loaded.vm.guest_memory);
    write_text(loaded.profile, &other);
    assert_same_text(&text, &other);
    made_learn(profile, samples, more);
    made_learn(loaded.profile, samples, more);
    write_text(profile, &text);
    write_text(loaded.profile, &other);
    assert_same_text(&text, &other);
    assert_true(profile->samples == samples + more);
    unload(&loaded);
    profile_free(profile);
    buf_done(&text);
    buf_done(&other);
}

static void test_goes_on(void **state UNUSED)
{
    for (unsigned kind = 0; kind < MADE_KINDS; kind++) {
        check_goes_on(kind, 0, 10);
        check_goes_on(kind, 1, 10);
        check_goes_on(kind, 100, 400);
        check_goes_on(kind, 2000, 1501);
    }
}

/* At any place within buffers, windows and blocks. */
static void test_goes_on_anywhere(void **state UNUSED)
{
    for (uint64_t samples = 470; samples < 560; samples++)
        check_goes_on(0, samples, 200);
}

static void test_breaks(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0);
    struct profile *profile = made_profile(&settings, 3);
    struct buf text = {0}, other = {0};
    struct loaded loaded;

    made_learn(profile, 0, 1000);
    profile_break(profile);
    write_text(profile, &text);
    assert_int_equal(load(text.data, text.len, &loaded), STATE_GOOD);
    made_learn(profile, 2000, 1000);
    made_learn(loaded.profile, 2000, 1000);
    write_text(profile, &text);
    write_text(loaded.profile, &other);
    assert_same_text(&text, &other);
    unload(&loaded);
    profile_free(profile);
    buf_done(&text);
    buf_done(&other);
}

/* The run's settings are the profile's; they have to be the same in what counts. */
static void test_settings(void **state UNUSED)
{
    struct profile_settings settings = made_kind(6), run = settings, unused;
    struct profile *profile = made_profile(&settings, 3), *read = NULL;
    struct vm_identity vm = {0};
    struct buf text = {0};
    char why[WHY] = "";

    made_learn(profile, 0, 2000);
    write_text(profile, &text);
    if (state_read(text.data, text.len, &run, NULL, &vm, &read, why, sizeof(why)) != STATE_GOOD)
        fail_msg("%s", why);
    assert_ptr_equal(read->settings, &run);
    assert_ptr_equal(read->channels[2]->settings, &run);
    profile_free(read);
    vm_identity_done(&vm);

    run.buffer++;
    read = NULL;
    assert_int_equal(state_read(text.data, text.len, &run, &unused, &vm, &read, why, sizeof(why)),
                     STATE_OTHER);
    assert_null(read);
    assert_string_equal(why, "fingerprint: learned with other settings");

    /* Limits may change: what does not fit any more goes, the rest stays. */
    run = settings;
    run.row_cap = 20;
    run.rows_max = 2;
    run.window = 5;
    run.half_life = 60;
    run.calendar = CALENDAR_NONE;
    run.periods = (struct period_tree){{2, 3}, 2};
    if (state_read(text.data, text.len, &run, NULL, &vm, &read, why, sizeof(why)) != STATE_GOOD)
        fail_msg("%s", why);
    assert_int_equal(read->steps, profile->steps);
    assert_int_equal(matrix_rows(read->channels[0]->matrix), 2);
    assert_true(matrix_total(read->channels[0]->matrix, 1) <= 40);
    assert_int_equal(read->channels[0]->anomaly.window, 5);
    assert_int_equal(read->channels[0]->anomaly.count, 0);
    assert_near(read->channels[0]->histogram.half_life, 60);
    assert_near(read->channels[0]->histogram.origin, profile->last);
    made_learn(read, 2000, 500);
    profile_free(read);
    vm_identity_done(&vm);
    profile_free(profile);
    buf_done(&text);
}

static void test_fingerprint(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0), other = settings;
    char a[STATE_FINGERPRINT_SIZE], b[STATE_FINGERPRINT_SIZE];

    state_fingerprint(&settings, a);
    assert_int_equal(strlen(a), 16);
    other.half_life = 1;
    state_fingerprint(&other, b);
    assert_string_equal(a, b);
    other.sample_seconds = 1;
    state_fingerprint(&other, b);
    assert_string_not_equal(a, b);
    other = settings;
    other.phantom_start = true;
    state_fingerprint(&other, b);
    assert_string_not_equal(a, b);
    other = settings;
    other.ranges = 1;
    state_fingerprint(&other, b);
    assert_string_not_equal(a, b);
}

/* Reads a text that may be anything; what comes of it is used. */
static void parse(const char *text, size_t len)
{
    struct buf first = {0}, second = {0};
    struct loaded loaded, again;
    enum state_verdict verdict = load(text, len, &loaded);

    if (verdict != STATE_GOOD) {
        assert_null(loaded.profile);
        assert_null(loaded.vm.name);
        assert_true(loaded.why[0]);
        return;
    }
    made_learn(loaded.profile, 5000, 10);
    write_text(loaded.profile, &first);
    if (load(first.data, first.len, &again) != STATE_GOOD)
        fail_msg("%s", again.why);
    write_text(again.profile, &second);
    assert_same_text(&first, &second);
    unload(&again);
    unload(&loaded);
    buf_done(&first);
    buf_done(&second);
}

static void small_text(unsigned kind, struct buf *text)
{
    struct profile_settings settings = made_kind(kind);
    struct profile *profile;

    settings.window = 4;
    profile = made_profile(&settings, 2);
    made_learn(profile, 0, 130);
    write_text(profile, text);
    profile_free(profile);
}

static void test_prefixes(void **state UNUSED)
{
    struct buf text = {0};

    small_text(6, &text);
    while (text.data[text.len - 1] == '\n')
        text.len--;
    for (size_t len = 0; len < text.len; len++) {
        char *copy = xcalloc(len + 1, 1);
        struct loaded loaded;

        memcpy(copy, text.data, len);
        copy = xreallocarray(copy, len ? len : 1, 1);
        assert_int_equal(load(copy, len, &loaded), STATE_BAD);
        free(copy);
    }
    buf_done(&text);
}

static void test_garbage(void **state UNUSED)
{
    struct buf text = {0};

    for (unsigned kind = 0; kind < MADE_KINDS; kind += 3) {
        small_text(kind, &text);
        support_each_garbage(text.data, text.len, 400, parse);
    }
    buf_done(&text);
}

/* The text with the first `from` behind `place` replaced. */
static char *changed(struct buf *text, const char *place, const char *from, const char *to)
{
    const char *at = strstr(buf_text(text), place);
    char *ret;

    if (at)
        at = strstr(at, from);
    if (!at)
        fail_msg("no %s behind %s", from, place);
    ret = xasprintf("%.*s%s%s", (int)(at - text->data), text->data, to, at + strlen(from));
    return ret;
}

static void assert_changed(struct buf *text, const char *place, const char *from, const char *to,
                           enum state_verdict expected)
{
    char *other = changed(text, place, from, to);
    struct loaded loaded;
    enum state_verdict verdict = load(other, strlen(other), &loaded);

    if (verdict != expected)
        fail_msg("%s: %s -> %s: %d (%s)", place, from, to, verdict, loaded.why);
    if (verdict == STATE_GOOD)
        unload(&loaded);
    free(other);
}

static void test_absurd(void **state UNUSED)
{
    static const struct {
        const char *place, *from, *to;
    } cases[] = {
        {"\"settings\"", "\"states\":4", "\"states\":65"},
        {"\"settings\"", "\"states\":4", "\"states\":8"}, /* not the fingerprint's */
        {"\"settings\"", "\"states\":4", "\"states\":-4"},
        {"\"settings\"", "\"states\":4", "\"states\":4.5"},
        {"\"settings\"", "\"states\":4", "\"states\":null"},
        {"\"settings\"", "\"rows_max\":4096", "\"rows_max\":4294967296"},
        {"\"settings\"", "\"half_life\":86400", "\"half_life\":NaN"},
        {"\"settings\"", "\"half_life\":86400", "\"half_life\":1e999"},
        {"\"settings\"", "\"half_life\":86400", "\"half_life\":Infinity"},
        {"\"settings\"", "\"periods\":[3", "\"periods\":[0"},
        {"\"settings\"", "\"periods\":[3", "\"periods\":[10000,10000"},
        {"\"vm\"", "\"vcpus\":4", "\"vcpus\":99999999999999999999"},
        {"\"vm\"", "\"vcpus\":4", "\"vcpus\":\"4\""},
        {"\"vm\"", "\"key\":\"100\"", "\"key\":\"10\\u00000\""},
        {"\"vm\"", "\"key\":\"100\"", "\"key\":[]"},
        {"\"vm\"", "\"samples\":", "\"samples\":1e300,\"x\":"},
        {"\"vm\"", "\"filled\":", "\"filled\":3,\"x\":"},
        {"\"channels\"", "\"name\":\"cpu\"", "\"name\":\"io\""}, /* twice */
        {"\"channels\"", "\"name\":\"cpu\"", "\"name\":null"},
        {"\"channels\"", "\"state\":", "\"state\":4,\"x\":"},
        {"\"channels\"", "\"state\":", "\"state\":-2,\"x\":"},
        {"\"channels\"", "\"context\":\"", "\"context\":\"4-"},
        {"\"channels\"", "\"squares\":", "\"squares\":-1,\"x\":"},
        {"\"channels\"", "\"weights\":[[", "\"weights\":[[400,1],["},
        {"\"channels\"", "\"weights\":[[", "\"weights\":[[399,1,1],["},
        {"\"channels\"", "\"weights\":[[", "\"weights\":[[399,1],["},
        {"\"channels\"", "\"weights\":[[", "\"weights\":[[],["},
        {"\"channels\"", "\"weights\":[[0,", "\"weights\":[[0,-"},
        {"\"channels\"", "\"weights\":[[0,", "\"weights\":[[0,9"}, /* not the total */
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"0\":[65536,"},
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"0\":[0,"},
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"7\":[1,1,1,1],\"0\":["},
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"00\":[1,1,1,1],\"0\":["},
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"3\":[0,0,0,0],\"0\":["},
        {"\"channels\"", "\"counts\":{\"0\":[", "\"counts\":{\"0-1\":[1,0,0,0],\"0\":["},
        {"\"channels\"", "\"values\":[", "\"values\":[1,2,"},
        {"\"anomaly\"", "\"next\":", "\"next\":4,\"x\":"},
        {"\"anomaly\"", "\"sums\":[", "\"sums\":[1,"},
        {"\"anomaly\"", "\"steps\":[", "\"steps\":[1,4,0,"},
        {"\"anomaly\"", "\"steps\":[", "\"steps\":[1,"},
        {"\"anomaly\"", "\"steps\":[", "\"steps\":[1,1,1,1,1,1,1,1,1,1,1,1,"},
        {"\"series\"", "\"codes\":\"", "\"codes\":\"*"},
        {"\"series\"", "\"top\":", "\"top\":1e-50,\"x\":"},
        {"\"calendar\"", "[[", "[[168,1,1,1,{}],["},
        {"\"calendar\"", "[[0,", "[[0,1,1,1,{}],[0,"},
        {"\"calendar\"", "[[", "[[1,1,1,1],["},
        {"\"phases\"", "\"current\":", "\"current\":7,\"x\":"},
        {"\"phases\"", "\"current\":", "\"current\":true,\"x\":"},
        {"\"phases\"", "\"follows\":[", "\"follows\":[[],"},
        {"\"phases\"", "\"counts\":[", "\"counts\":[[{}],"},
        {"\"phases\"", "\"counts\":[", "\"counts\":[7,"},
        {"\"block\"", "\"steps\":", "\"steps\":4,\"x\":"},
        {"\"block\"", "\"transitions\":[[", "\"transitions\":[[1,2,3,1,2,3,1,2,3,"},
        {"\"version\"", "\"fingerprint\":\"", "\"fingerprint\":\"0"},
        {"\"version\"", "\"fingerprint\":\"", "\"fingerprint\":7,\"x\":\""},
        {"\"version\"", "\"version\":1", "\"version\":\"1\""},
        {"\"version\"", "\"version\":1", "\"versio\":1"},
        {"\"version\"", "{", "[{"},
        {"\"version\"", "{", "{},{"},
    };
    struct buf text = {0};
    struct loaded loaded;

    small_text(6, &text);
    assert_int_equal(load(text.data, text.len, &loaded), STATE_GOOD);
    unload(&loaded);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *place = strcmp(cases[i].place, "\"version\"") ? cases[i].place : "{";

        assert_changed(&text, place, cases[i].from, cases[i].to, STATE_BAD);
    }
    assert_changed(&text, "{", "\"version\":1", "\"version\":2", STATE_OTHER);
    assert_changed(&text, "{", "\"version\":1", "\"version\":0", STATE_OTHER);
    /* What a later program of the same version adds is left alone. */
    assert_changed(&text, "{", "\"version\":1", "\"new\":[{}],\"version\":1", STATE_GOOD);
    buf_done(&text);
}

static void test_nesting(void **state UNUSED)
{
    struct buf text = {0};
    struct loaded loaded;

    for (unsigned i = 0; i < 100000; i++)
        buf_putc(&text, '[');
    assert_int_equal(load(text.data, text.len, &loaded), STATE_BAD);
    buf_clear(&text);
    /* 3 MB of text that would take a gigabyte. */
    buf_puts(&text, "{\"x\":[");
    for (unsigned i = 0; i < 1000000; i++)
        buf_puts(&text, "{},");
    buf_puts(&text, "{}]}");
    assert_int_equal(load(text.data, text.len, &loaded), STATE_BAD);
    assert_string_equal(loaded.why, "file: too large");
    buf_clear(&text);
    assert_int_equal(load("", 0, &loaded), STATE_BAD);
    assert_int_equal(load("   \n", 4, &loaded), STATE_BAD);
    assert_int_equal(load("{}", 2, &loaded), STATE_BAD);
    assert_int_equal(load("null", 4, &loaded), STATE_BAD);
    assert_int_equal(load("{\"version\":1}{}", 15, &loaded), STATE_BAD);
    buf_done(&text);
}

/* Absurd values at times of a clock that is set back and forth by hours and years: whatever comes
 * of it is in the ranges that are believed, and goes on alike. */
static void test_absurd_figures(void **state UNUSED)
{
    static const double values[] = {0,     5,        50.3,        99.9, 100, 1e99, -1e99, 1e-310,
                                    -3e50, INFINITY, (double)NAN, 9e99, 12,  12,   12,    12};
    static const double steps[] = {1, 1, 1, 1, 1, 1, 3600, -3600, 86400, -7200, 3e9, -3e9};

    for (unsigned kind = 0; kind < MADE_KINDS; kind++) {
        struct profile_settings settings = made_kind(kind);
        struct profile *profile = made_profile(&settings, 5);
        struct buf first = {0}, second = {0};
        double seconds = 1.7e9, row[PROFILE_CHANNELS_MAX];
        struct loaded loaded;
        uint64_t seed = kind + 1;

        for (unsigned i = 0; i < 3000; i++) {
            seconds += steps[support_random_below(&seed, ARRAY_SIZE(steps))];
            if (!(fabs(seconds) < 9e9))
                seconds = 0;
            for (size_t m = 0; m < profile->count; m++)
                row[m] =
                    values[support_random_below(&seed, i % 500 < 250 ? ARRAY_SIZE(values) : 5)];
            (void)profile_take(profile, row, seconds, (int)support_random_below(&seed, 25) - 1);
            if (i % 151)
                continue;
            write_text(profile, &first);
            if (load(first.data, first.len, &loaded) != STATE_GOOD)
                fail_msg("kind %u, sample %u: %s", kind, i, loaded.why);
            write_text(loaded.profile, &second);
            assert_same_text(&first, &second);
            assert_false(strstr(buf_text(&first), "nan") || strstr(buf_text(&first), "inf"));
            unload(&loaded);
        }
        profile_free(profile);
        buf_done(&first);
        buf_done(&second);
    }
}

/* A profile that would borrow settings from nobody is none. */
static void test_no_settings(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0);
    struct profile *profile = made_profile(&settings, 1), *read = NULL;
    struct vm_identity vm = {0};
    struct buf text = {0};
    char why[WHY];

    write_text(profile, &text);
    assert_int_equal(state_read(text.data, text.len, NULL, NULL, &vm, &read, why, sizeof(why)),
                     STATE_BAD);
    assert_null(read);
    assert_null(vm.uuid);
    profile_free(profile);
    buf_done(&text);
}

/* Names are hostile; a text of them reads back, as far as it was one. */
static void test_names(void **state UNUSED)
{
    static const struct {
        const char *name, *read;
    } cases[] = {
        {"\"\\\n\033[2J\x7f", "\"\\\n\033[2J\x7f"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"", ""},
        {NULL, NULL},
    };
    struct profile_settings settings = made_kind(0);
    struct profile *profile = made_profile(&settings, 1);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vm_identity vm = made_vm(cases[i].name);
        struct buf text = {0};
        struct loaded loaded;

        state_write(&vm, profile, &text);
        assert_int_equal(load(text.data, text.len, &loaded), STATE_GOOD);
        assert_true(text_equal(loaded.vm.name, cases[i].read));
        unload(&loaded);
        vm_identity_done(&vm);
        buf_done(&text);
    }
    profile_free(profile);
}

/* The name of a metric, out of a table's heading, may not fit once it is clean. */
static void test_metric_names(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0);
    struct channel_spec spec = made_spec("x", 0, 100);
    struct buf first = {0}, second = {0};
    struct profile *profile;
    struct loaded loaded;

    memset(spec.name, 0xff, sizeof(spec.name) - 1);
    profile = profile_new(&spec, 1, &settings);
    write_text(profile, &first);
    assert_int_equal(load(first.data, first.len, &loaded), STATE_GOOD);
    assert_int_equal(strlen(loaded.profile->channels[0]->spec.name), 63);
    write_text(loaded.profile, &first);
    profile_free(profile);
    unload(&loaded);
    assert_int_equal(load(first.data, first.len, &loaded), STATE_GOOD);
    write_text(loaded.profile, &second);
    assert_same_text(&first, &second);
    unload(&loaded);
    buf_done(&first);
    buf_done(&second);
}

/* Sizes of what goes to disk: far from growing with time. */
static void test_size(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0);
    struct profile *profile = made_profile(&settings, 9);
    struct buf text = {0};

    settings.buffer = 10;
    made_learn(profile, 0, 10000);
    write_text(profile, &text);
    print_message("# state of 9 metrics after 10000 samples: %zu bytes\n", text.len);
    assert_in_range(text.len, 5000, 100000);
    profile_free(profile);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on),        cmocka_unit_test(test_goes_on_anywhere),
        cmocka_unit_test(test_breaks),         cmocka_unit_test(test_settings),
        cmocka_unit_test(test_fingerprint),    cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_garbage),        cmocka_unit_test(test_absurd),
        cmocka_unit_test(test_nesting),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_metric_names),   cmocka_unit_test(test_size),
        cmocka_unit_test(test_absurd_figures), cmocka_unit_test(test_no_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
