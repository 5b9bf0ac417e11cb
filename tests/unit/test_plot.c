/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/plot: well-formed for any names and figures, and what is where in it. */
#include <expat.h>
#include <math.h>
#include <string.h>

#include "profiler/plot.h"
#include "support.h"

/* What the XML parser met. */
struct seen {
    unsigned elements, cells, alarms, texts;
    bool in_title, bad;
    struct buf title;
};

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2) {
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    }
    return "";
}

static void on_start(void *self, const char *name, const char **attributes)
{
    struct seen *seen = self;
    const char *class = attribute(attributes, "class");

    seen->elements++;
    seen->cells += strcmp(name, "rect") == 0 && strcmp(class, "cell") == 0;
    seen->alarms += strcmp(name, "rect") == 0 && strcmp(class, "alarm") == 0;
    seen->texts += strcmp(name, "text") == 0;
    seen->in_title = strcmp(name, "title") == 0 && seen->title.len == 0;
    for (; *attributes; attributes += 2)
        seen->bad |= strcasestr(attributes[1], "nan") || strcasestr(attributes[1], "inf");
}

static void on_end(void *self, const char *name UNUSED)
{
    ((struct seen *)self)->in_title = false;
}

static void on_text(void *self, const char *text, int len)
{
    struct seen *seen = self;

    if (seen->in_title)
        buf_add(&seen->title, text, (size_t)len);
}

/* Parses it as XML; the caller gives the title back. */
static struct seen parse(const struct buf *svg)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    struct seen seen = {0};

    assert_non_null(parser);
    XML_SetUserData(parser, &seen);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    if (XML_Parse(parser, svg->data, (int)svg->len, 1) != XML_STATUS_OK)
        fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser),
                 XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    assert_false(seen.bad);
    return seen;
}

static struct channel *make(struct profile_settings *settings, const char *name, double lo,
                            double hi)
{
    struct channel_spec spec = {.lo = lo, .hi = hi, .first = 1, .unit = "%"};

    copy_text(spec.name, sizeof(spec.name), name);
    return channel_new(&spec, settings);
}

/* States 0 and 3 in turn: two transitions of any weight, so two cells. */
static void test_cells_and_escapes(void **state UNUSED)
{
    struct profile_settings settings;
    struct plot_track track;
    struct plot_metric metric;
    struct plot plot = {.title = "<b>\"A\" & 'B'\x01\xff\xef\xbf\xbe</b>",
                        .subtitle = "]]><script>",
                        .step_seconds = 2,
                        .metrics = &metric,
                        .count = 1};
    struct buf out = {0};
    struct channel *channel;
    struct seen seen;

    profile_settings_defaults(&settings);
    settings.buffer = 1;
    channel = make(&settings, "c<&>\"\x02", 0, 100);
    metric.channel = channel;
    plot_track_init(&track);
    for (unsigned i = 0; i < 40; i++) {
        double value = i % 2 ? 100 : 0;

        channel_take(channel, value, i, -1);
        plot_track_take(&track, i == 7 ? NAN : value, i ? 1.0 * i : NAN, i > 30);
    }
    metric.track = &track;
    plot_print(&plot, &out);
    seen = parse(&out);
    /* Two of the matrix, and the strip of 40 steps that all differ, one of which is missing. */
    assert_int_equal(seen.cells, 2 + 39);
    assert_int_equal(seen.alarms, 1);
    assert_string_equal(buf_text(&seen.title),
                        "<b>\"A\" & 'B'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</b>");
    assert_non_null(strstr(buf_text(&out), "c&lt;&amp;&gt;&quot;\xef\xbf\xbd</text>"));
    assert_non_null(strstr(buf_text(&out), ">12.5 to 37.5 %</text>"));
    assert_non_null(strstr(buf_text(&out), "prefers-color-scheme:dark"));
    buf_done(&seen.title);
    buf_done(&out);
    channel_free(channel);
}

/* Nothing learned, one value, ranges without width or of any size, many states. */
static void test_odd_profiles(void **state UNUSED)
{
    static const struct {
        unsigned states;
        double lo, hi, value;
    } all[] = {
        {2, 0, 100, NAN},   {64, 0, 100, 50},    {4, 0, 0, 1},  {4, -50, -20, -30},
        {3, 0, 1e18, 1e18}, {16, 0, 100, -1e18}, {17, 5, 5, 5},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all) * 2; i++) {
        struct profile_settings settings;
        struct plot_track track;
        struct plot_metric metric;
        struct plot plot = {.title = "", .subtitle = "", .metrics = &metric, .count = 1};
        struct buf out = {0};
        struct channel *channel;
        struct seen seen;

        profile_settings_defaults(&settings);
        settings.buffer = 1;
        settings.states = all[i / 2].states;
        channel = make(&settings, "x", all[i / 2].lo, all[i / 2].hi);
        metric.channel = channel;
        channel->scale.kind = i % 2 ? SCALE_LOG : SCALE_LINEAR;
        plot_track_init(&track);
        for (unsigned n = 0; isfinite(all[i / 2].value) && n < 3; n++) {
            channel_take(channel, all[i / 2].value, n, -1);
            plot_track_take(&track, all[i / 2].value, n ? 1e300 : NAN, n == 2);
        }
        metric.track = i % 3 ? &track : NULL;
        plot_print(&plot, &out);
        seen = parse(&out);
        assert_true(seen.texts > 4);
        buf_done(&seen.title);
        buf_done(&out);
        channel_free(channel);
    }
}

static void test_long_titles_are_cut(void **state UNUSED)
{
    char title[2000];
    struct plot plot = {.title = title, .subtitle = title};
    struct buf out = {0};
    struct seen seen;

    memset(title, '&', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    plot_print(&plot, &out);
    seen = parse(&out);
    assert_int_equal(seen.title.len, 70 + strlen("\xe2\x80\xa6"));
    buf_done(&seen.title);
    buf_done(&out);
}

/* Points stand for ever more steps: none is lost, lows and highs stay. */
static void test_track(void **state UNUSED)
{
    struct plot_track track;

    plot_track_init(&track);
    for (unsigned i = 0; i < 100000; i++) {
        bool peak = i == 54321;

        plot_track_take(&track, peak ? 1000 : i % 10, peak ? 9 : 0, peak);
        assert_true(track.count <= PLOT_POINTS_MAX);
        assert_int_equal(track.steps, i + 1);
        assert_int_equal((track.count - 1) * track.each + track.taken, i + 1);
    }
    assert_int_equal(track.each, 128);
    for (size_t i = 0; i < track.count; i++) {
        const struct plot_point *point = &track.points[i];
        bool peak = i == 54321 / 128;

        assert_true(point->low == 0 || i + 1 == track.count);
        assert_true(point->high == (peak ? 1000 : 9) || i + 1 == track.count);
        assert_true(point->z == (peak ? 9 : 0));
        assert_int_equal(point->anomaly, peak);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_and_escapes),
        cmocka_unit_test(test_odd_profiles),
        cmocka_unit_test(test_long_titles_are_cut),
        cmocka_unit_test(test_track),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
