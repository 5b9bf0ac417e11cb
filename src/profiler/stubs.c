/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-ins while the parts are made. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/printers.h"
#include "profiler/profiler.h"

#define STUB __attribute__((weak))

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
static void stub_destroy(struct printer *p) { free(p); }
STUB const struct printer_ops printer_profile_json;
STUB const struct printer_ops printer_profile_json = {"json", false, stub_type, stub_create, NULL, stub_print, stub_next, stub_destroy};
STUB const struct printer_ops *printer_profile_by_name(const char *name)
{
    const struct printer_ops *all[] = {&printer_profile_json, &printer_profile_text, &printer_profile_prometheus};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}
STUB int overcommit_compute(const struct overcommit_vm *v, size_t n, double c, struct overcommit *r) { (void)v; (void)n; (void)c; (void)r; return -EINVAL; }
STUB void overcommit_measured_init(struct overcommit_measured *m, double c, double h) { memset(m, 0, sizeof(*m)); (void)h; m->cores = c; }
STUB void overcommit_measured_done(struct overcommit_measured *m) { (void)m; }
STUB void overcommit_measured_take(struct overcommit_measured *m, double s, double t) { (void)m; (void)s; (void)t; }
STUB double overcommit_measured_p95(const struct overcommit_measured *m) { (void)m; return 0.0 / 0.0; }
STUB double overcommit_days_left(const struct overcommit_measured *m) { (void)m; return 0.0 / 0.0; }
#include "profiler/record.h"
STUB void record_print(const struct record_context *c, const struct vm_identity *vm, const struct profile *p, bool final, struct buf *out) { (void)c; (void)vm; (void)p; (void)final; (void)out; }
#include "profile/capacity.h"
STUB void capacity_stats(const struct channel *c, struct capacity_stats *r) { (void)c; memset(r, 0, sizeof(*r)); }
STUB enum capacity_class capacity_class(const struct profile *p) { (void)p; return CLASS_UNKNOWN; }
STUB const char *capacity_class_word(enum capacity_class c) { (void)c; return "unknown"; }
STUB void capacity_advise(const struct profile *p, double v, double m, struct capacity_advice *r) { (void)p; (void)v; (void)m; memset(r, 0, sizeof(*r)); }
