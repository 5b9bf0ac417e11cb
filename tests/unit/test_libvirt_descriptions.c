/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When descriptions of domains are read, against domains whose XML is made
 * here, with the clock held still.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "connect/libvirt_descriptions.h"
#include "support.h"

#define FAKES_MAX 40

/* What virDomainPtr points to here: a domain with the disks a, b, c, ... */
struct fake_domain {
    unsigned id;
    unsigned disks;
    unsigned reads;
    int error; /* VIR_ERR_..., 0 = works */
    const char *xml;
};

static struct {
    struct fake_domain domains[FAKES_MAX];
    unsigned reads;
    virError error;
    struct mono now;
    unsigned skipped; /* domains at the front that are not there in a round */
} fake;

struct test {
    struct libvirt_link link;
    struct libvirt_descriptions *descriptions;
    struct libvirt_domain list[FAKES_MAX];
    struct libvirt_domains domains;
    bool abandoned;
};

/* Stands in for the runner's. */
struct connector_guard {
    struct test *test;
    bool is_set;
};

void connector_guard_set(struct connector_guard *guard, unsigned milliseconds,
                         const char *what UNUSED)
{
    assert_false(guard->is_set);
    assert_in_range(milliseconds, 1, 3000);
    guard->is_set = true;
}

bool connector_guard_clear(struct connector_guard *guard)
{
    assert_true(guard->is_set);
    guard->is_set = false;
    return guard->test->abandoned;
}

static virErrorPtr fake_get_last_error(void)
{
    return fake.error.code ? &fake.error : NULL;
}

static int fake_is_alive(virConnectPtr connection UNUSED)
{
    return 1;
}

static char *fake_get_xml(virDomainPtr pointer, unsigned flags)
{
    static char message[] = "it failed";
    struct fake_domain *domain = (struct fake_domain *)pointer;
    struct buf text = {0};
    char *xml;

    assert_int_equal(flags, 0);
    fake.reads++;
    domain->reads++;
    if (domain->error) {
        fake.error = (virError){.code = domain->error, .domain = VIR_FROM_QEMU, .message = message};
        return NULL;
    }
    if (domain->xml)
        return xstrdup(domain->xml);
    buf_puts(&text, "<domain><devices>");
    for (unsigned i = 0; i < domain->disks; i++)
        buf_printf(&text, "<disk><target dev='%c'/></disk>", 'a' + (int)i);
    buf_puts(&text, "</devices></domain>");
    xml = xstrdup(buf_text(&text));
    buf_done(&text);
    return xml;
}

static struct mono fake_now(void *self UNUSED)
{
    return fake.now;
}

static const struct clock_source fake_clock = {.mono = fake_now};

static int set_up(void **state)
{
    static char uri[] = "fake:///";
    struct test *test = xcalloc(1, sizeof(*test));

    memset(&fake, 0, sizeof(fake));
    fake.now.ns = INT64_C(1000) * (int64_t)NS_PER_S;
    test->link = (struct libvirt_link){.api = {.virGetLastError = fake_get_last_error,
                                               .virConnectIsAlive = fake_is_alive,
                                               .virDomainGetXMLDesc = fake_get_xml},
                                       .connection = (virConnectPtr)&fake,
                                       .uri = uri};
    test->descriptions = libvirt_descriptions_new(&fake_clock);
    for (unsigned i = 0; i < FAKES_MAX; i++)
        fake.domains[i] = (struct fake_domain){.id = i, .disks = 1};
    test->domains = (struct libvirt_domains){.list = test->list, .count = 3};
    *state = test;
    return 0;
}

static void forget_statistics(struct test *test)
{
    for (unsigned i = 0; i < FAKES_MAX; i++)
        libvirt_statistics_done(&test->list[i].statistics);
}

static int tear_down(void **state)
{
    struct test *test = *state;

    forget_statistics(test);
    libvirt_descriptions_free(test->descriptions);
    free(test);
    return 0;
}

/* What the round before the descriptions gives: statistics of `disks` disks. */
static void measure(struct libvirt_domain *domain, unsigned disks)
{
    virTypedParameter parameters[8] = {{.field = "block.count", .type = VIR_TYPED_PARAM_UINT}};
    char names[8][2] = {""};
    int count = 1;

    parameters[0].value.ui = disks;
    for (unsigned i = 0; i < disks; i++, count++) {
        virTypedParameter *p = &parameters[count];
        struct buf field = {0};

        names[i][0] = (char)('a' + (int)i);
        buf_printf(&field, "block.%u.name", i);
        copy_text(p->field, sizeof(p->field), buf_text(&field));
        buf_done(&field);
        p->type = VIR_TYPED_PARAM_STRING;
        p->value.s = names[i];
    }
    libvirt_statistics_done(&domain->statistics);
    libvirt_statistics_take(parameters, count, fake.now, &domain->statistics);
}

/* A round in which all answer; the domains come in another order each time. */
static int update(struct test *test, struct connector_error *error)
{
    struct connector_guard guard = {.test = test};
    int r;

    for (size_t i = 0; i < test->domains.count; i++) {
        struct fake_domain *source = &fake.domains[i + fake.skipped];
        struct libvirt_domain *domain = &test->list[test->domains.count - 1 - i];

        domain->handle = (virDomainPtr)source;
        domain->name = "vm";
        domain->id = source->id;
        domain->gone = false;
        domain->can_ask = true;
        domain->description = NULL;
        memset(domain->uuid, 0, sizeof(domain->uuid));
        domain->uuid[0] = (char)('A' + (int)(source - fake.domains));
        measure(domain, source->disks);
    }
    r = libvirt_descriptions_update(test->descriptions, &test->link, &guard, &test->domains, error);
    assert_false(guard.is_set);
    return r;
}

static void round_after(struct test *test, double seconds)
{
    struct connector_error error;

    fake.now = mono_add_seconds(fake.now, seconds);
    assert_int_equal(update(test, &error), 0);
}

/* Of the domain that stands first among the fakes that are there, and so on. */
static const struct libvirt_domain *domain_of(const struct test *test, size_t i)
{
    return &test->list[test->domains.count - 1 - i];
}

static void test_read_once(void **state)
{
    struct test *test = *state;

    fake.domains[1].disks = 2;
    for (unsigned i = 0; i < 20; i++) {
        round_after(test, 2);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(domain_of(test, k)->description->disk_count, k == 1 ? 2 : 1);
    }
    assert_int_equal(fake.reads, 3);
}

/* All within a minute, but not all at once. */
static void test_read_again_each_minute(void **state)
{
    struct test *test = *state;
    unsigned most = 0;

    test->domains.count = FAKES_MAX;
    round_after(test, 0);
    assert_int_equal(fake.reads, FAKES_MAX);
    for (unsigned i = 0; i < 61; i++) {
        unsigned before = fake.reads;

        round_after(test, 1);
        if (fake.reads - before > most)
            most = fake.reads - before;
    }
    for (unsigned i = 0; i < FAKES_MAX; i++)
        assert_int_equal(fake.domains[i].reads, 2);
    assert_in_range(most, 1, 10);
}

static void test_hot_plug_shows_at_once(void **state)
{
    struct test *test = *state;

    round_after(test, 0);
    fake.domains[1].disks = 2;
    round_after(test, 2);
    assert_int_equal(domain_of(test, 1)->description->disk_count, 2);
    assert_int_equal(fake.domains[1].reads, 2);
    fake.domains[1].disks = 1;
    round_after(test, 2);
    assert_int_equal(domain_of(test, 1)->description->disk_count, 1);
    assert_int_equal(fake.reads, 5);
}

static void test_lasting_contradiction(void **state)
{
    struct test *test = *state;

    fake.domains[0].xml = "<domain/>";
    round_after(test, 0);
    for (unsigned i = 0; i < 15; i++)
        round_after(test, 2);
    assert_int_equal(fake.domains[0].reads, 1 + 3);
    assert_int_equal(domain_of(test, 0)->description->disk_count, 0);
    assert_int_equal(fake.domains[1].reads, 1);
}

static void test_started_anew(void **state)
{
    struct test *test = *state;

    round_after(test, 0);
    fake.domains[1].id = 77;
    fake.domains[1].error = VIR_ERR_OPERATION_FAILED;
    round_after(test, 2);
    assert_null(domain_of(test, 1)->description);
    assert_non_null(domain_of(test, 0)->description);
    assert_int_equal(fake.domains[1].reads, 2);
}

static void test_failing_is_tried_again(void **state)
{
    struct test *test = *state;

    fake.domains[1].error = VIR_ERR_OPERATION_FAILED;
    fake.domains[2].xml = "<domain";
    for (unsigned i = 0; i < 5; i++) {
        round_after(test, 2);
        assert_null(domain_of(test, 1)->description);
        assert_null(domain_of(test, 2)->description);
        assert_false(domain_of(test, 1)->gone);
    }
    assert_int_equal(fake.reads, 3);
    fake.domains[1].error = 0;
    fake.domains[2].xml = NULL;
    round_after(test, 2);
    assert_non_null(domain_of(test, 1)->description);
    assert_non_null(domain_of(test, 2)->description);
    /* From then on a failure takes nothing away. */
    fake.domains[1].error = VIR_ERR_OPERATION_FAILED;
    round_after(test, 70);
    assert_non_null(domain_of(test, 1)->description);
    assert_int_equal(fake.domains[1].reads, 3);
}

static void test_gone_meanwhile(void **state)
{
    struct test *test = *state;

    fake.domains[1].error = VIR_ERR_NO_DOMAIN;
    round_after(test, 0);
    assert_true(domain_of(test, 1)->gone);
    assert_null(domain_of(test, 1)->description);
    assert_non_null(domain_of(test, 2)->description);
}

static void test_those_that_left_are_forgotten(void **state)
{
    struct test *test = *state;

    round_after(test, 0);
    fake.skipped = 2;
    round_after(test, 1);
    assert_int_equal(fake.reads, 5); /* 2, 3 and 4: two are new */
    fake.skipped = 0;
    round_after(test, 1);
    assert_int_equal(fake.reads, 7);
}

static void test_occupied_is_not_asked(void **state)
{
    struct test *test = *state;
    struct connector_guard guard = {.test = test};
    struct connector_error error;

    round_after(test, 0);
    fake.now = mono_add_seconds(fake.now, 100);
    for (size_t i = 0; i < 3; i++) {
        test->list[i].can_ask = false;
        test->list[i].description = NULL;
    }
    assert_int_equal(libvirt_descriptions_update(test->descriptions, &test->link, &guard,
                                                 &test->domains, &error),
                     0);
    assert_int_equal(fake.reads, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(test->list[i].description->disk_count, 1);
}

static void test_given_up_or_lost(void **state)
{
    struct test *test = *state;
    struct connector_error error = {.text = ""};

    test->abandoned = true;
    assert_int_equal(update(test, &error), -ECANCELED);
    assert_int_equal(fake.reads, 1);
    test->abandoned = false;
    fake.domains[1].error = VIR_ERR_RPC;
    assert_int_equal(update(test, &error), -ENOTCONN);
    assert_string_equal(error.text, "connection to 'fake:///' lost: it failed");
    fake.domains[1].error = 0;
    round_after(test, 0);
    assert_non_null(domain_of(test, 1)->description);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read_once),
        TEST(test_read_again_each_minute),
        TEST(test_hot_plug_shows_at_once),
        TEST(test_lasting_contradiction),
        TEST(test_started_anew),
        TEST(test_failing_is_tried_again),
        TEST(test_gone_meanwhile),
        TEST(test_those_that_left_are_forgotten),
        TEST(test_occupied_is_not_asked),
        TEST(test_given_up_or_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
