/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/printers: which VMs are printed, and in which parts; the learner is one of this file. */
#include "profiler/printers.h"

#include <stdlib.h>
#include <string.h>

#include "made_learned.h"
#include "profiler/record.h"
#include "support.h"

#define PRINTER_VMS 120

static struct {
    struct profiled_vm vms[PRINTER_VMS];
    size_t count;
} learned;

const struct profiler_settings *profiler_settings(const struct profiler *profiler UNUSED)
{
    return NULL;
}

size_t profiler_count(const struct profiler *profiler UNUSED)
{
    return learned.count;
}

const struct profiled_vm *profiler_at(const struct profiler *profiler UNUSED, size_t i)
{
    return &learned.vms[i];
}

const struct profiled_host *profiler_host(const struct profiler *profiler UNUSED)
{
    return NULL;
}

bool profiler_is_finished(const struct profiler *profiler UNUSED)
{
    return false;
}

bool profiler_is_due(const struct profiler *profiler UNUSED)
{
    return true;
}

struct timespec profiler_time(const struct profiler *profiler UNUSED)
{
    return (struct timespec){.tv_sec = 1790000000};
}

/* All VMs share a profile that makes a record of some 30 KB. */
static struct profile *learn(struct profile_settings *settings, size_t count)
{
    struct profile *profile;

    *settings = made_kind(6);
    profile = made_profile(settings, 11);
    made_learn(profile, 0, 3000);
    learned.count = count;
    for (size_t i = 0; i < count; i++)
        learned.vms[i] = (struct profiled_vm){.vm = {.uuid = xasprintf("vm-%zu", i)},
                                              .profile = profile,
                                              .due = true,
                                              .final = i % 2};
    return profile;
}

static void forget(struct profile *profile)
{
    for (size_t i = 0; i < learned.count; i++)
        free(learned.vms[i].vm.uuid);
    learned.count = 0;
    profile_free(profile);
}

static size_t count_lines(struct buf *out, size_t *next)
{
    size_t lines = 0;

    for (const char *line = buf_text(out); *line; line = strchr(line, '\n') + 1, lines++) {
        char *head = xasprintf("{\"profile\":{\"name\":\"vm-%zu\",", *next);

        assert_memory_equal(line, head, strlen(head));
        free(head);
        (*next)++;
    }
    return lines;
}

static void test_parts(void **state UNUSED)
{
    const struct print_options options = {.page = false};
    const struct printer_ops *ops = printer_profile_by_name("json");
    struct profile_settings settings;
    struct profile *profile = learn(&settings, PRINTER_VMS);
    struct printer *printer = ops->create(&options);
    struct buf out = {0};
    size_t parts = 1, next = 0;

    assert_string_equal(ops->content_type(&options), "application/x-ndjson");
    for (unsigned round = 0; round < 2; round++) {
        next = 0;
        ops->print(printer, NULL, &out);
        assert_true(count_lines(&out, &next) > 0);
        for (;; parts++) {
            assert_in_range(out.len, 1, 2 << 20);
            buf_clear(&out);
            if (!ops->next(printer, NULL, &out))
                break;
            assert_true(count_lines(&out, &next) > 0);
        }
        assert_int_equal(out.len, 0);
        assert_int_equal(next, PRINTER_VMS);
    }
    assert_true(parts > 4);
    ops->destroy(printer);
    forget(profile);
    buf_done(&out);
}

static void test_due(void **state UNUSED)
{
    struct print_options options = {.page = false};
    const struct printer_ops *ops = printer_profile_by_name("json");
    struct profile_settings settings;
    struct profile *profile = learn(&settings, 3);
    struct printer *printer = ops->create(&options);
    struct buf out = {0};

    learned.vms[0].due = learned.vms[2].due = false;
    ops->print(printer, NULL, &out);
    assert_non_null(strstr(buf_text(&out), "\"vm-1\""));
    assert_non_null(strstr(out.data, "\"final\":true"));
    assert_null(strstr(out.data, "\"vm-0\""));
    assert_null(strstr(out.data, "\"vm-2\""));
    learned.vms[1].due = false;
    buf_clear(&out);
    ops->print(printer, NULL, &out);
    assert_int_equal(out.len, 0);
    assert_false(ops->next(printer, NULL, &out));
    ops->destroy(printer);
    options.page = true;
    printer = ops->create(&options);
    ops->print(printer, NULL, &out);
    assert_non_null(strstr(buf_text(&out), "\"vm-0\""));
    assert_non_null(strstr(out.data, "\"vm-2\""));
    ops->destroy(printer);
    forget(profile);
    buf_done(&out);
}

static void test_names(void **state UNUSED)
{
    assert_ptr_equal(printer_profile_by_name("json"), &printer_profile_json);
    assert_ptr_equal(printer_profile_by_name("text"), &printer_profile_text);
    assert_ptr_equal(printer_profile_by_name("prometheus"), &printer_profile_prometheus);
    assert_null(printer_profile_by_name("csv"));
    assert_null(printer_profile_by_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
