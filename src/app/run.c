/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting the program together. */
#include "app/run.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/detect.h"
#include "app/learner.h"
#include "app/loop.h"
#include "app/notify.h"
#include "app/roots.h"
#include "app/sampler.h"
#include "app/sink.h"
#include "app/source.h"
#include "base/log.h"

/* How long the end waits for files and readers. After a signal; else waiting for a reader is what a
 * pipe is for. Outputs with a peer limit it themselves. */
#define RUN_DRAIN_S           5.0
#define RUN_DRAIN_UNHURRIED_S 1e6
/* What the end can take beside: threads, and a learner that saves. */
#define RUN_END_S  5.0
#define RUN_SAVE_S 60.0

struct app {
    const struct options *options;
    const struct tui_settings *settings;
    const struct config *config; /* or NULL */
    struct mono started;
    struct roots roots;
    struct images *images;
    struct detected detected;
    struct source *source; /* NULL = none yet */
    struct slow_facts *slow_facts;
    struct collect *collect;
    struct frame_pool *pool;
    struct derive *derive;
    struct sampler *sampler;
    struct learner learner;
    struct sinks *sinks;
    struct screen *screen; /* NULL = none */
    struct loop *loop;
    struct notify *notify;      /* NULL = nobody wants to be told */
    struct selection selection; /* what sinks and screen want at the start */
};

static int app_open_roots(struct app *app)
{
    char error[512];

    if (roots_open(app->options, &app->roots, error, sizeof(error)) == 0)
        return 0;
    log_error("%s", error);
    return 1;
}

/* Whether the devices that the user named exist. */
static int app_check_devices(const struct app *app)
{
    char error[512];

    if (roots_check_devices(&app->roots, app->options, error, sizeof(error)) == 0)
        return 0;
    log_error("%s", error);
    return 2;
}

static int app_open_sinks(struct app *app)
{
    struct sinks_events events;

    if (sinks_use_stdout(app->sinks) && (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY) {
        log_error("standard output is closed or not for writing; --output=file needs none");
        return 1;
    }
    app->loop = loop_new();
    if (!app->loop)
        return 1;
    events = loop_events(app->loop);
    return sinks_open(app->sinks, loop_base(app->loop), &events);
}

static int app_make_screen(struct app *app)
{
    struct screen_config config = {
        .base = loop_base(app->loop),
        .options = app->options,
        .settings = app->settings,
        .quit = loop_quit,
        .interval = loop_interval,
        .argument = app->loop,
    };

    app->selection = *sinks_selection(app->sinks);
    if (!app->options->screen)
        return 0;
    app->screen = screen_new(&config);
    if (!app->screen)
        return 1;
    selection_merge(&app->selection, screen_needs(app->screen));
    return 0;
}

static int app_connect(struct app *app)
{
    struct connector_config config = detect_config(app->options, &app->roots);
    int status;

    /* A person can switch them on at any time. */
    config.wants_disks = app->screen || selection_wants_disks(&app->selection);
    config.wants_nics = app->screen || selection_wants_nics(&app->selection);
    if (config.wants_disks)
        app->images =
            images_new(app->roots.proc_fd, app->roots.sys_fd, app->options->procfs != NULL);
    config.images = app->images;
    status = detect_connector(app->options, &config, &app->detected);
    if (app->detected.connector)
        app->source = source_new(app->detected.connector, app->detected.later);
    return status;
}

static int app_start_sampler(struct app *app)
{
    const struct options *o = app->options;
    const struct selection *selection = &app->selection;
    const bool *host = selection->wanted[SCOPE_HOST];
    bool frequencies =
        app->screen || host[HOST_CPU_CURFREQ] || host[HOST_CPU_MINFREQ] || host[HOST_CPU_MAXFREQ];
    bool speeds = app->screen || host[HOST_NET_HOST_SPEED] ||
                  selection->wanted[SCOPE_NETDEV][NETDEV_NET_HOST_SPEED];
    struct collect_config collecting = {
        .proc_fd = app->roots.proc_fd,
        .sys_fd = app->roots.sys_fd,
        .clock = &clock_system,
        .host_name = o->host_name,
        .elsewhere = app->detected.elsewhere,
        .storedev = o->storedev,
        .netdev = o->netdev,
    };
    struct sampler_config sampling = {
        .source = app->source,
        .interval = o->interval,
        .runs = o->runs,
        .started = app->started,
    };
    int r;

    app->slow_facts =
        slow_facts_new(app->roots.proc_fd, app->roots.sys_fd, o->host_name, frequencies, speeds);
    r = slow_facts_start(app->slow_facts);
    collecting.slow_facts = app->slow_facts;
    app->collect = collect_new(&collecting);
    collect_select(app->collect, selection);
    app->pool = frame_pool_new();
    app->derive = derive_new(app->pool);
    derive_select(app->derive, selection);
    sampling.collect = app->collect;
    sampling.derive = app->derive;
    if (r == 0)
        r = sampler_start(&sampling, &app->sampler);
    if (r < 0)
        log_error("cannot start a thread: %s", strerror(-r));
    return r < 0 ? 1 : 0;
}

static int app_start(struct app *app)
{
    int status = app_open_roots(app);

    if (!status)
        status = learner_open(&app->learner, app->options);
    if (!status)
        status = sinks_new(app->options, app->settings, app->learner.profiler, &app->sinks);
    if (!status)
        status = app_check_devices(app);
    if (!status)
        status = app_open_sinks(app);
    if (!status)
        status = app_make_screen(app);
    if (app->config) /* on the screen, if there is one */
        config_tell(app->config);
    if (!status)
        status = app_connect(app);
    if (!status)
        status = app_start_sampler(app);
    return status;
}

static double app_drain_seconds(const struct app *app)
{
    return fmax(RUN_DRAIN_S, app->options->outputs.drain_timeout + 1);
}

/* Takes everything apart; true when nothing of the output was lost, nor of what was learned. */
static bool app_stop(struct app *app, enum loop_end end, bool *ret_hanging)
{
    bool complete;

    notify_stopping(app->notify,
                    app_drain_seconds(app) + RUN_END_S + (app->learner.profiler ? RUN_SAVE_S : 0));
    screen_close(app->screen);
    /* Who watches a screen may have stopped the program for a while. */
    if (app->sampler && sampler_lost(app->sampler) && sinks_count(app->sinks))
        log_warning("%llu cycles came too late and were left out",
                    (unsigned long long)sampler_lost(app->sampler));
    sampler_stop(app->sampler);
    learner_finish(&app->learner, app->sinks);
    if (app->sampler)
        loop_drain(app->loop, app->sinks,
                   end == LOOP_DONE ? RUN_DRAIN_UNHURRIED_S : app_drain_seconds(app));
    signal(SIGINT, SIG_DFL); /* whatever hangs from here on */
    signal(SIGTERM, SIG_DFL);
    complete = sinks_close(app->sinks, ret_hanging);
    complete &= learner_close(&app->learner, ret_hanging);
    loop_free(app->loop);
    *ret_hanging |= app->detected.hanging;
    *ret_hanging |= !source_stop(app->source);
    if (!*ret_hanging) /* whoever hangs may still use them */
        *ret_hanging |= !images_free(app->images);
    collect_free(app->collect);
    slow_facts_free(app->slow_facts);
    derive_free(app->derive);
    frame_pool_free(app->pool);
    notify_free(app->notify);
    if (!*ret_hanging) /* a thread that hangs may still use them */
        roots_close(&app->roots);
    return complete;
}

int app_run(const struct options *options, const struct tui_settings *settings,
            const struct config *config, bool *ret_hanging)
{
    struct app app = {
        .options = options,
        .settings = settings,
        .config = config,
        .started = clock_mono(&clock_system),
        .roots = ROOTS_NONE,
        .notify = notify_new(options->interval),
    };
    enum loop_end end = LOOP_STOPPED;
    int status = app_start(&app);

    *ret_hanging = false;
    if (!status && options->unasked)
        log_notice("%s: printing text; --printer=text says that it is meant",
                   options->no_terminal ? options->no_terminal : "there is no terminal");
    if (!status) {
        end = loop_run(app.loop, app.sampler, &app.learner, app.sinks, app.screen, app.notify);
        if (end == LOOP_FAILED)
            status = 1;
    }
    if (!app_stop(&app, end, ret_hanging) && !status)
        status = 1;
    return status;
}
