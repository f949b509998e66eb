/* Preloaded into a process, makes a slow disk of the one that is there: each sync takes $SYNC_MICROS longer than it does,
 * and no two take place at once. How many there were is kept in the file $SYNC_COUNT, as eight bytes of this machine's
 * order. A sync is counted once it has taken its time, so that many times as much has always passed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;
static struct timespec delay;
static uint64_t *syncs;

static void fail(const char *what) {
    perror(what);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *micros = getenv("SYNC_MICROS"), *path = getenv("SYNC_COUNT");
    if (!micros || !path)
        fail("SYNC_MICROS and SYNC_COUNT say how slow, and where to count");
    long whole = atol(micros);
    delay = (struct timespec){.tv_sec = whole / 1000000, .tv_nsec = whole % 1000000 * 1000};
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *syncs))
        fail(path);
    syncs = mmap(NULL, sizeof *syncs, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (syncs == MAP_FAILED)
        fail(path);
    close(file);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* What the call gives, once it has taken its time. */
#define SLOWLY(call)                                     \
    pthread_mutex_lock(&disk);                           \
    int result = call, error = errno;                    \
    struct timespec rest = delay;                        \
    while (nanosleep(&rest, &rest) && errno == EINTR)    \
        ;                                                \
    __atomic_fetch_add(syncs, 1, __ATOMIC_RELAXED);      \
    pthread_mutex_unlock(&disk);                         \
    errno = error;                                       \
    return result

int fsync(int fd) {
    SLOWLY(REAL(fsync)(fd));
}

int fdatasync(int fd) {
    SLOWLY(REAL(fdatasync)(fd));
}

int sync_file_range(int fd, off64_t offset, off64_t count, unsigned int flags) {
    SLOWLY(REAL(sync_file_range)(fd, offset, count, flags));
}
