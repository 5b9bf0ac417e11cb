/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records on disk, in order, each with a number: DIRECTORY/NAME/ holds a lock,
 * a file with the number of the oldest record that is not acknowledged, and
 * segments (files of records; the name is the number of the first one or a
 * lower one). All functions may wait for the disk; one thread at a time.
 *
 * A killed program loses no record that was appended. A power cut may take
 * those since the last spool_sync(); what it left torn is skipped.
 */
#ifndef PROXTOP_OUTPUT_SPOOL_H
#define PROXTOP_OUTPUT_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct spool;

/* Makes the directories (0700; the parent of `directory` must be there) or
 * finds what an earlier run left. `size` limits the bytes of all segments, but
 * one record always fits. 0, or -errno with a line for people in error[size]:
 * -EBUSY = another process has it. */
int spool_open(const char *directory, const char *name, uint64_t size, struct spool **ret,
               char *error, size_t error_size);
void spool_close(struct spool *spool);

/* DIRECTORY/NAME, for messages. */
const char *spool_path(const struct spool *spool);

/* Appends a record (at most 1 GiB) and tells its number. Where there is no room
 * the oldest segment goes; its records that were not read are lost. 0, or
 * -errno with nothing appended. */
int spool_append(struct spool *spool, const char *data, size_t len, uint64_t *ret_number);

/* Reading goes through all records once, from the oldest on that is not
 * acknowledged. The length of the record that spool_read() gives next, or the
 * record. 1; 0 = all are read; -errno if it cannot be read now. What is damaged
 * is skipped, counted as lost and logged. */
int spool_peek(struct spool *spool, size_t *ret_len);
int spool_read(struct spool *spool, struct buf *data, uint64_t *ret_number);
/* The record with that number is the next to be read. */
void spool_seek(struct spool *spool, uint64_t number);

/* Records that are not read (an estimate where segments are damaged). */
uint64_t spool_waiting(const struct spool *spool);
/* The number of the next record that is appended. */
uint64_t spool_next(const struct spool *spool);
/* Records with a lower number are acknowledged. */
uint64_t spool_acknowledged(const struct spool *spool);

/* Records with a lower number are not needed any more. 0, or -errno if that
 * could not be written down: a killed program would send them again. */
int spool_acknowledge(struct spool *spool, uint64_t number);

/* Brings what was appended to the platter. 0 or -errno. */
int spool_sync(struct spool *spool);

/* Records that were lost for want of room. */
uint64_t spool_dropped(const struct spool *spool);
/* Records that were lost because they are damaged, as far as they are known. */
uint64_t spool_damaged(const struct spool *spool);

#endif
