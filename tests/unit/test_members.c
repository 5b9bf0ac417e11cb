/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive/members: states follow their members, however the order changes. */
#include "derive/members.h"

#include <string.h>

#include "support.h"

/* A state of an odd size, so that no alignment helps. */
struct kept {
    uint64_t id;
    uint64_t value;
    char tail[5];
};

#define IDS 40

/* What each member should still know: 0 = it is not there. */
struct model {
    uint64_t value[IDS];
    uint64_t seed;
    uint64_t next;
};

static uint64_t id_of(unsigned member)
{
    return member ? UINT64_MAX - member * UINT64_C(0x9e3779b97f4a7c15) : 0; /* 0 is one, too */
}

/* A random set in a random order. */
static size_t choose(struct model *model, unsigned order[IDS])
{
    size_t count = 0;
    uint64_t rarity = 1 + support_random_below(&model->seed, 6);

    for (unsigned i = 0; i < IDS; i++) {
        if (!support_random_below(&model->seed, rarity))
            order[count++] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t j = support_random_below(&model->seed, i);
        unsigned other = order[j];

        order[j] = order[i - 1];
        order[i - 1] = other;
    }
    return count;
}

static void settle_all(struct model *model, struct members *members, bool forget)
{
    unsigned order[IDS];
    size_t count = choose(model, order);
    bool there[IDS] = {false};

    for (size_t i = 0; i < count; i++) {
        struct kept *kept;
        bool is_new;

        kept = members_settle(members, sizeof(*kept), i, id_of(order[i]), &is_new);
        assert_true(kept->id == id_of(order[i]));
        assert_true(kept->value == model->value[order[i]]);
        assert_true(is_new == !model->value[order[i]]);
        for (size_t b = 0; b < sizeof(kept->tail); b++)
            assert_int_equal(kept->tail[b], (char)kept->value);
        kept->value = model->value[order[i]] = ++model->next;
        memset(kept->tail, (char)kept->value, sizeof(kept->tail));
        there[order[i]] = true;
    }
    assert_true(members->count >= count);
    if (!forget)
        return;
    members_cut(members, count);
    assert_int_equal(members->count, count);
    for (unsigned i = 0; i < IDS; i++)
        model->value[i] = there[i] ? model->value[i] : 0;
}

static void test_permutations(void **state UNUSED)
{
    struct model model = {.seed = 11};
    struct members members = {0};

    for (int round = 0; round < 20000; round++)
        settle_all(&model, &members, support_random_below(&model.seed, 4) != 0);
    members_done(&members);
    assert_null(members.states);
    assert_int_equal(members.count, 0);
}

static void test_cut(void **state UNUSED)
{
    struct members members = {0};
    struct kept *kept;
    bool is_new;

    members_cut(&members, 0);
    members_cut(&members, 10);
    assert_int_equal(members.count, 0);
    kept = members_settle(&members, sizeof(*kept), 0, 7, &is_new);
    assert_true(is_new);
    kept->value = 5;
    members_cut(&members, 10);
    kept = members_settle(&members, sizeof(*kept), 0, 7, &is_new);
    assert_false(is_new);
    assert_int_equal(kept->value, 5);
    members_cut(&members, 0);
    kept = members_settle(&members, sizeof(*kept), 0, 7, &is_new);
    assert_true(is_new); /* and nothing of the old one is left */
    assert_int_equal(kept->value, 0);
    members_done(&members);
    members_done(&members);
}

/* Two members of one name are two, in their order. */
static void test_one_id_twice(void **state UNUSED)
{
    struct members members = {0};
    bool is_new;

    for (uint64_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3; i++) {
            struct kept *kept = members_settle(&members, sizeof(*kept), i, 7, &is_new);

            assert_true(is_new == (round == 0));
            assert_int_equal(kept->value, round ? i + 1 : 0);
            kept->value = i + 1;
        }
        assert_int_equal(members.count, 3);
    }
    members_done(&members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permutations),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_one_id_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
