/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A segment of a spool as a power cut or a stranger left it. The input: a byte
 * that says how many good records there are at the start, two that say where in
 * them the rest of the input begins to overwrite the file, which it ends.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "fuzz.h"
#include "output/spool_file.h"

#define FUZZ_HEAD   3
#define FUZZ_FIRST  1000
#define FUZZ_RECORD 40

static void fuzz_record(uint64_t number, char data[FUZZ_RECORD])
{
    memset(data, (int)(number & 0x7f), FUZZ_RECORD);
}

static uint64_t fuzz_fill(int fd, const uint8_t *data, size_t size)
{
    uint64_t records = data[0] % 16, at = 0, cut;
    char record[FUZZ_RECORD];

    for (uint64_t i = 0; i < records; i++) {
        fuzz_record(FUZZ_FIRST + i, record);
        CHECK(spool_file_write(fd, at, FUZZ_FIRST + i, record, sizeof(record)) == 0);
        at += SPOOL_FILE_HEADER + sizeof(record);
    }
    cut = min_size((size_t)data[1] << 8 | data[2], at);
    CHECK(ftruncate(fd, (off_t)cut) == 0);
    size -= FUZZ_HEAD;
    CHECK(pwrite(fd, data + FUZZ_HEAD, size, (off_t)cut) == (ssize_t)size);
    return cut + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t file_size, end = 0, next = 0, at = 0, whole;
    struct spool_record record = {0};
    struct buf bytes = {0};
    int fd, r;

    if (size < FUZZ_HEAD)
        return 0;
    fd = memfd_create("segment", MFD_CLOEXEC);
    CHECK(fd >= 0);
    file_size = fuzz_fill(fd, data, size);
    r = spool_file_scan(fd, file_size, FUZZ_FIRST, &end, &next);
    CHECK(r == 1 ? end == file_size : end < file_size);
    whole = min_size((size_t)data[1] << 8 | data[2], (size_t)(data[0] % 16) * 64) / 64;
    CHECK(next >= FUZZ_FIRST + whole);
    for (uint64_t i = 0; at < end; i++) {
        CHECK(spool_file_peek(fd, at, file_size, &record) == 1);
        CHECK(spool_file_read(fd, at, &record, &bytes) == 0);
        CHECK(bytes.len == record.len && at + SPOOL_FILE_HEADER + record.len <= end);
        if (i < whole) {
            char expected[FUZZ_RECORD];

            fuzz_record(FUZZ_FIRST + i, expected);
            CHECK(record.number == FUZZ_FIRST + i && bytes.len == FUZZ_RECORD);
            CHECK(memcmp(bytes.data, expected, FUZZ_RECORD) == 0);
        }
        at += SPOOL_FILE_HEADER + record.len;
    }
    CHECK(at == end && (!end || record.number + 1 == next));
    if (spool_file_peek(fd, at, file_size, &record) == 1) /* anything may come of it but harm */
        (void)spool_file_read(fd, at, &record, &bytes);
    buf_done(&bytes);
    close(fd);
    return 0;
}
