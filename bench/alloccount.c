/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded library that counts allocations without slowing the program much: each call adds one
 * to the counters of the tenth of a second that it falls into, in the file that ALLOCCOUNT_FILE
 * names. Needs glibc, whose allocator is reachable under its own names.
 *
 * The file is 64-bit words, ALLOC_FIELDS per record. The first record is the wall clock (ns) at
 * which the program began; record 1 + k counts tenth k: malloc, calloc, realloc, free, bytes asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ALLOC_FIELDS   5
#define ALLOC_RECORDS  18001 /* half an hour */
#define ALLOC_TENTH_NS 100000000u

enum alloc_field { ALLOC_MALLOC, ALLOC_CALLOC, ALLOC_REALLOC, ALLOC_FREE, ALLOC_BYTES };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *old);

typedef _Atomic uint64_t alloc_record[ALLOC_FIELDS];

static alloc_record *alloc_records; /* NULL until the constructor ran, and without a file */
static uint64_t alloc_start_ns;

static uint64_t alloc_clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts); /* comparable with the clock of the shell that reads it */
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

__attribute__((constructor)) static void alloc_open_file(void)
{
    const char *path = getenv("ALLOCCOUNT_FILE");
    size_t size = ALLOC_RECORDS * sizeof(alloc_record);
    void *map = MAP_FAILED;
    int fd;

    if (path == NULL)
        return;
    unsetenv("LD_PRELOAD"); /* only this program is counted, none that it starts */
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (ftruncate(fd, (off_t)size) == 0)
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    alloc_start_ns = alloc_clock_ns();
    alloc_records = map;
    atomic_store(&alloc_records[0][0], alloc_start_ns);
}

static void alloc_count(enum alloc_field field, size_t bytes)
{
    uint64_t tenth;

    if (alloc_records == NULL)
        return;
    tenth = (alloc_clock_ns() - alloc_start_ns) / ALLOC_TENTH_NS;
    if (tenth >= ALLOC_RECORDS - 1)
        return;
    atomic_fetch_add_explicit(&alloc_records[1 + tenth][field], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&alloc_records[1 + tenth][ALLOC_BYTES], bytes, memory_order_relaxed);
}

void *malloc(size_t size)
{
    alloc_count(ALLOC_MALLOC, size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    alloc_count(ALLOC_CALLOC, count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    alloc_count(ALLOC_REALLOC, size);
    return __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void free(void *old)
{
    if (old == NULL)
        return;
    alloc_count(ALLOC_FREE, 0);
    __libc_free(old);
}

void *memalign(size_t alignment, size_t size)
{
    alloc_count(ALLOC_MALLOC, size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *p;

    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    p = memalign(alignment, size);
    if (p == NULL)
        return ENOMEM;
    *ret = p;
    return 0;
}
