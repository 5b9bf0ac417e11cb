/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From where on a figure means suffering: the metric table's thresholds, and a user's. */
#ifndef PROXTOP_TUI_THRESHOLDS_H
#define PROXTOP_TUI_THRESHOLDS_H

#include "model/metric.h"

enum severity { SEVERITY_NONE, SEVERITY_WARN, SEVERITY_CRIT };

struct limits {
    double warn, crit; /* NAN = none */
};

struct thresholds {
    struct limits of[SCOPE__COUNT][METRIC_COLUMNS_MAX];
};

/* Those of the metric table. */
void thresholds_defaults(struct thresholds *thresholds);

/* What a configuration says of a metric's key (in every scope that has it, or
 * "SCOPE.KEY"): "WARN CRIT", two numbers from 0 on in the metric's unit, WARN <=
 * CRIT; or "off". 0; -ENOENT for a key that is not known (or is no number);
 * -EINVAL for a value that is not allowed. In both cases allowed[size] tells
 * people what is. */
int thresholds_set(struct thresholds *thresholds, const char *key, const char *value, char *allowed,
                   size_t size);

/* How bad a value is: at least crit, at least warn, or less. */
enum severity thresholds_judge(const struct thresholds *thresholds, enum scope scope,
                               unsigned column, double value);

#endif
