/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory tree that plays /proc and /sys. Files change in place, so that a
 * descriptor that is kept open sees the new content; a file that is gone reads
 * as ESRCH through such a descriptor, as procfs has it for a task that ended.
 */
#ifndef PROXTOP_GOLDEN_TREE_H
#define PROXTOP_GOLDEN_TREE_H

#include "scenario.h"

/* The temporary directory that trees are made in, and its removal with all
 * that is in it. */
void tree_base_create(void);
void tree_base_remove(void);

/* Makes a tree of empty proc/ and sys/ and returns its descriptor. One at a time. */
int tree_create(void);
void tree_remove(int root_fd);

/* Makes the changes of one step. */
void tree_apply(int root_fd, const struct scenario_step *step);

#endif
