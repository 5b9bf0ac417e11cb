/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's pid and status files, "info cpus", and connection URIs. */
#include <errno.h>
#include <string.h>

#include "connect/libvirt_text.h"
#include "connect/libvirt_uri.h"
#include "fuzz.h"

#define THREADS_MAX 8

static void check_threads(const struct vcpu_thread *threads, size_t count)
{
    CHECK(count >= 1 && count <= THREADS_MAX);
    for (size_t i = 0; i < count; i++)
        CHECK(threads[i].tid > 0 && threads[i].id < INVENTORY_VCPUS_MAX);
}

static void check_uri(const char *uri)
{
    char host[32];
    char *copy = libvirt_uri_without_prompt(uri), *dir = libvirt_uri_run_dir(uri, "/run/user/1");

    if (libvirt_uri_host(uri, host, sizeof(host)))
        CHECK(strnlen(host, sizeof(host)) < sizeof(host) && host[0]);
    CHECK(copy && strlen(copy) >= strlen(uri));
    free(copy);
    free(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct vcpu_thread threads[THREADS_MAX];
    size_t count = 0;
    pid_t pid = -1;
    char *uri = fuzz_text(data, size);
    int r = parse_pid_file(text, size, &pid);

    CHECK(r == 0 ? pid > 0 : r == -EBADMSG && pid == -1);
    if (parse_domain_status(text, size, &pid, threads, THREADS_MAX, &count) == 0)
        check_threads(threads, count);
    if (parse_info_cpus(text, size, threads, THREADS_MAX, &count) == 0)
        check_threads(threads, count);
    check_uri(uri);
    free(uri);
    return 0;
}
