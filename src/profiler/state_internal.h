/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What writing and reading of states share: which members there are, and what they may be. */
#ifndef PROXTOP_PROFILER_STATE_INTERNAL_H
#define PROXTOP_PROFILER_STATE_INTERNAL_H

#include <json-c/json.h>

#include "profiler/state.h"

/* states^history at most. */
#define STATE_CONTEXTS_MAX 65536

enum state_kind {
    STATE_COUNT,    /* uint64_t */
    STATE_UNSIGNED, /* unsigned, or an enum */
    STATE_INT,
    STATE_BOOL,
    STATE_NUMBER, /* double */
    STATE_TIME,   /* double, NAN as null */
};

/* A member of a struct that is a number. */
struct state_field {
    const char *key;
    enum state_kind kind;
    size_t offset;
    double min, max; /* both included */
};
struct state_fields {
    const struct state_field *list;
    size_t count;
};

extern const struct state_fields state_settings_fields; /* struct profile_settings */
extern const struct state_fields state_profile_fields;  /* struct profile */
extern const struct state_fields state_spec_fields;     /* struct channel_spec */
extern const struct state_fields state_now_fields;      /* struct channel: of now, and totals */
extern const struct state_fields state_moments_fields;
extern const struct state_fields state_histogram_fields;
extern const struct state_fields state_anomaly_fields;
extern const struct state_fields state_drift_fields;
extern const struct state_fields state_forecast_fields;
extern const struct state_fields state_series_fields;
extern const struct state_fields state_host_fields; /* struct state_host */

/* "first":1,"second":2: no braces, no comma around them. `base`: the struct. */
void state_put_fields(struct buf *out, const struct state_fields *fields, const void *base);

/* The object of a histogram. */
void state_put_histogram(struct buf *out, const struct histogram *histogram);

/* What a reader knows while it reads. */
struct state_reader {
    char *why; /* what is wrong; the first thing */
    size_t size;
    bool failed;
};

/* Says what is wrong, unless something was; returns false. */
bool state_fail(struct state_reader *reader, const char *what, const char *key);

/* The text as an object, the caller's, or NULL with a failure. */
struct json_object *state_parse(struct state_reader *reader, const char *text, size_t len);
/* Into a histogram that is empty. */
bool state_get_histogram(struct state_reader *reader, struct json_object *object,
                         struct histogram *histogram);
/* Its version is a number; false with a verdict if that is not ours. */
bool state_get_version(struct state_reader *reader, struct json_object *root,
                       enum state_verdict *ret_verdict);

/* A member of that type, or NULL with a failure. */
struct json_object *state_member(struct state_reader *reader, struct json_object *object,
                                 const char *key, enum json_type type);
/* A number that is a whole one, in the range; a finite one, in the range. */
bool state_get_count(struct state_reader *reader, struct json_object *value, const char *key,
                     uint64_t max, uint64_t *ret);
bool state_get_number(struct state_reader *reader, struct json_object *value, const char *key,
                      double min, double max, double *ret);
/* All members of the list, or a failure. */
bool state_get_fields(struct state_reader *reader, struct json_object *object,
                      const struct state_fields *fields, void *base);

/* Reads rows as record_put_counts() has written them. `lenient`: learned with other limits; rows
 * are halved, or left out, until they fit. */
bool state_get_matrix(struct state_reader *reader, struct json_object *rows,
                      const struct profile_settings *settings, unsigned history, bool lenient,
                      struct matrix *matrix);
/* Whether settings of a text are any that can be learned with. */
bool state_check_settings(struct state_reader *reader, const struct profile_settings *settings);

/* What the parts of one profile are read by. */
struct state_job {
    struct state_reader reader;
    struct profile_settings saved;           /* of the text */
    const struct profile_settings *settings; /* of the profile */
    bool lenient;                            /* their limits differ */
};

/* Reads into a new channel, a new profile's phases. */
bool state_get_channel(struct state_job *job, struct json_object *object, struct channel *channel);
bool state_get_phases(struct state_job *job, struct json_object *object, struct profile *profile);

/* A printed record, the object of "profile". What was read is the caller's also after a failure. */
bool state_read_record(struct state_reader *reader, struct json_object *record,
                       struct profile_settings *settings, struct vm_identity *vm,
                       struct profile **ret);
/* The unit as a text that stays. */
const char *state_unit(const char *text);
/* An identity out of an object; what was read is vm_identity_done()'s also after a failure. */
bool state_get_vm(struct state_reader *reader, struct json_object *object, struct vm_identity *vm);

/* A text or null (NULL), the caller's; longer ones are cut to `max` bytes at a character. */
bool state_get_text(struct state_reader *reader, struct json_object *object, const char *key,
                    size_t max, char **ret);
bool state_get_periods(struct state_reader *reader, struct json_object *list,
                       struct period_tree *ret);

/* Base64 (RFC 4648) without padding. */
void state_put_base64(struct buf *out, const uint8_t *data, size_t len);
/* Into ret[size]; false = it is none, or not of `size` bytes. */
bool state_get_base64(const char *text, size_t len, uint8_t *ret, size_t size);

#endif
