/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the VMs come from while the program runs: the connector that was
 * chosen, and libvirt in its place if that was silent at the start only, as
 * where both were started together with the host. One thread owns a source.
 */
#ifndef PROXTOP_APP_SOURCE_H
#define PROXTOP_APP_SOURCE_H

#include <stdbool.h>

#include "connect/connector.h"

struct source;

/* Takes both connectors over. `later` (NULL = none) is one that was hushed. */
struct source *source_new(struct connector *chosen, struct connector *later);

/* The connector to be asked now; never waits. When `later` has its first inventory, it takes the
 * other's place and says so: unless it knows no VM where QEMUs run, which are not its own then. One
 * of the two is told to end, once and for all. */
struct connector *source_connector(struct source *source);

/* As connector_stop(), for both. NULL is allowed. */
bool source_stop(struct source *source);

#endif
