/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/store with real profiles: learning goes on after a restart as if there had been none. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_learned.h"
#include "made_store.h"
#include "profiler/state.h"

static void write_text(const struct profile *profile, struct buf *out)
{
    struct vm_identity vm = made_vm("a VM");

    buf_clear(out);
    state_write(&vm, profile, out);
    vm_identity_done(&vm);
}

static void keep(struct made_store *f, const char *uuid, const struct profile *profile)
{
    struct buf text = {0};

    write_text(profile, &text);
    store_put(f->store, uuid, "1", &text);
}

/* NULL = nothing is kept. */
static struct profile *ask(struct made_store *f, const char *uuid)
{
    struct store_answer answer;

    store_ask(f->store, uuid, "1");
    for (unsigned i = 0; !store_next(f->store, &answer); i++) {
        assert_true(i < 1000000);
        usleep(100);
    }
    free(answer.uuid);
    free(answer.key);
    return answer.profile;
}

static void check_same(const struct profile *a, const struct profile *b)
{
    struct buf x = {0}, y = {0};

    write_text(a, &x);
    write_text(b, &y);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    buf_done(&x);
    buf_done(&y);
}

static void test_restarts(void **state)
{
    struct made_store *f = *state;

    for (unsigned kind = 0; kind < MADE_KINDS; kind++) {
        const char *uuid = kind % 2 ? UUID_A : UUID_B;
        struct profile *whole, *parts;

        f->settings = made_kind(kind);
        whole = made_profile(&f->settings, 9);
        parts = made_profile(&f->settings, 9);
        made_learn(whole, 0, 5 * 333);
        for (uint64_t part = 0; part < 5; part++) {
            made_learn(parts, part * 333, 333);
            made_store_open(f, 30);
            if (part == 0)
                assert_null(ask(f, uuid));
            keep(f, uuid, parts);
            assert_true(made_store_close(f));
            profile_free(parts);
            made_store_open(f, 30);
            parts = ask(f, uuid);
            assert_non_null(parts);
            assert_true(made_store_close(f));
        }
        check_same(whole, parts);
        profile_free(whole);
        profile_free(parts);
        assert_int_equal(made_store_told("saved profile"), 0);
        assert_int_equal(unlink(made_store_path(f, uuid)), 0);
    }
}

/* Other settings: months of learning stay, and are there again with the old ones. */
static void test_other_settings(void **state)
{
    struct made_store *f = *state;
    char fingerprint[STATE_FINGERPRINT_SIZE], beside[128] = UUID_A ".";
    struct profile_settings first, second;
    struct profile *a, *b, *kept;

    profile_settings_defaults(&first);
    second = first;
    second.states = first.states + 1;
    a = made_profile(&first, 3);
    b = made_profile(&second, 3);
    made_learn(a, 0, 500);
    made_learn(b, 0, 700);
    f->settings = first;
    made_store_open(f, 30);
    keep(f, UUID_A, a);
    assert_true(made_store_close(f));
    f->settings = second;
    made_store_open(f, 30);
    assert_null(ask(f, UUID_A));
    assert_int_equal(made_store_told("it stays as it is"), 1);
    keep(f, UUID_A, b);
    assert_true(made_store_close(f));
    state_fingerprint(&second, fingerprint);
    copy_text(beside + strlen(beside), sizeof(beside) - strlen(beside), fingerprint);
    assert_true(made_store_has(f, beside));
    for (unsigned i = 0; i < 4; i++) {
        f->settings = i % 2 ? second : first;
        made_store_open(f, 30);
        kept = ask(f, UUID_A);
        assert_non_null(kept);
        check_same(kept, i % 2 ? b : a);
        profile_free(kept);
        assert_true(made_store_close(f));
    }
    assert_int_equal(made_store_told(""), 0);
    profile_free(a);
    profile_free(b);
}

/* A file that was cut, at whichever place, is set aside. */
static void test_cut(void **state)
{
    struct made_store *f = *state;
    struct profile *profile;
    struct stat st;

    profile_settings_defaults(&f->settings);
    profile = made_profile(&f->settings, 2);
    made_learn(profile, 0, 300);
    made_store_open(f, 30);
    keep(f, UUID_A, profile);
    assert_true(made_store_close(f));
    assert_int_equal(stat(made_store_path(f, UUID_A), &st), 0);
    for (off_t len = 0; len < st.st_size - 2; len += 1 + st.st_size / 50) {
        made_store_open(f, 30);
        keep(f, UUID_A, profile);
        assert_true(made_store_close(f));
        assert_int_equal(truncate(made_store_path(f, UUID_A), len), 0);
        made_store_open(f, 30);
        assert_null(ask(f, UUID_A));
        assert_true(made_store_close(f));
        assert_int_equal(made_store_told("is no saved profile"), 1);
        assert_false(made_store_has(f, UUID_A));
        assert_true(made_store_has(f, UUID_A ".bad"));
    }
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_restarts, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_other_settings, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_cut, made_store_setup, made_store_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
