/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-ins while the parts are made. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/commands.h"
#include "profiler/printers.h"
#include "profiler/profiler.h"
#include "profiler/store.h"

#define STUB __attribute__((weak))

STUB bool command_is_known(const char *word) { return strcmp(word, "show") == 0; }
STUB int command_run(int argc, char **argv) { return argc > 1 && argv[1] ? 2 : 0; }
STUB void command_print_help(void *file) { fputs("  show FILE\n", file); }

STUB int store_open(const char *d, const struct profile_settings *s, double k, struct store **r, char *error, size_t size)
{ (void)s; (void)k; (void)r; snprintf(error, size, "no store '%s'", d); return -ENOSYS; }
STUB void store_ask(struct store *s, const char *u, const char *k) { (void)s; (void)u; (void)k; }
STUB bool store_next(struct store *s, struct store_answer *r) { (void)s; (void)r; return false; }
STUB void store_put(struct store *s, const char *u, const char *k, struct buf *t) { (void)s; (void)u; (void)k; (void)t; }
STUB void store_leave(struct store *s, const char *u, const char *k) { (void)s; (void)u; (void)k; }
STUB bool store_close(struct store *s, double t, bool *r) { (void)s; (void)t; (void)r; return true; }

struct printer { const struct profiler *profiler; bool page; size_t at; };
static const char *stub_type(const struct print_options *o) { (void)o; return "text/plain"; }
static struct printer *stub_create(const struct print_options *o)
{
    struct printer *p = calloc(1, sizeof(*p));
    p->profiler = o->profiler; p->page = o->page;
    return p;
}
static bool stub_one(struct printer *p, struct buf *out)
{
    for (; p->at < profiler_count(p->profiler); p->at++) {
        const struct profiled_vm *vm = profiler_at(p->profiler, p->at);
        if (!p->page && !vm->due) continue;
        buf_printf(out, "{\"profile\":{\"name\":\"%s\",\"ext\":{\"final\":%s}}}\n", vm->vm.uuid, vm->final ? "true" : "false");
        p->at++;
        return true;
    }
    return false;
}
static void stub_print(struct printer *p, const struct frame *f, struct buf *out) { (void)f; p->at = 0; stub_one(p, out); }
static bool stub_next(struct printer *p, const struct frame *f, struct buf *out) { (void)f; return stub_one(p, out); }
static void stub_metrics(struct printer *p, const struct frame *f, struct buf *out) { (void)f; buf_printf(out, "stub_vms %zu\n", profiler_count(p->profiler)); }
static void stub_destroy(struct printer *p) { free(p); }
static const struct printer_ops stub_json = {"json", false, stub_type, stub_create, NULL, stub_print, stub_next, stub_destroy};
static const struct printer_ops stub_prometheus = {"prometheus", true, stub_type, stub_create, NULL, stub_metrics, NULL, stub_destroy};
STUB const struct printer_ops *printer_profile_by_name(const char *name) { return strcmp(name, "prometheus") == 0 ? &stub_prometheus : &stub_json; }
STUB void state_write(const struct vm_identity *vm, const struct profile *profile, struct buf *out);
STUB void state_write(const struct vm_identity *vm, const struct profile *profile, struct buf *out) { (void)vm; (void)profile; (void)out; }

STUB int overcommit_compute(const struct overcommit_vm *v, size_t n, double c, struct overcommit *r) { (void)v; (void)n; (void)c; (void)r; return -EINVAL; }
STUB void overcommit_measured_init(struct overcommit_measured *m, double c, double h) { memset(m, 0, sizeof(*m)); (void)h; m->cores = c; }
STUB void overcommit_measured_done(struct overcommit_measured *m) { (void)m; }
STUB void overcommit_measured_take(struct overcommit_measured *m, double s, double t) { (void)m; (void)s; (void)t; }
STUB double overcommit_measured_p95(const struct overcommit_measured *m) { (void)m; return 0.0 / 0.0; }
STUB double overcommit_days_left(const struct overcommit_measured *m) { (void)m; return 0.0 / 0.0; }
