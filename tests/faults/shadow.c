/* Preloaded into a process, keeps in the folder $SHADOW what a power cut would leave of the files in the folder $LIVE:
 * of each file what it held at its last fsync, and of the folder the names that it had at its own last fsync. A name that
 * isn't durable yet begins with PENDING there. Only what SQLite calls is known here; the files of its shared memory are
 * nothing that a start could use, and are left out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define PENDING ".pending-"
#define FILES 64

struct file {
    char name[NAME_MAX + 1];
    ino_t inode;
    int shadow;
    int durable;          /* whether the folder has been synced since it has the file */
    int removed;          /* whether it has been taken out of the folder since then */
    unsigned char *dirty; /* a byte for each page that was written to since the last fsync */
    size_t pages;
};

static struct file files[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *live, *shadow;

static void fail(const char *what) {
    perror(what);
    abort();
}

static void shadow_path(char *path, const char *prefix, const char *name) {
    snprintf(path, PATH_MAX, "%s/%s%s", shadow, prefix, name);
}

static struct file *add(const char *name, ino_t inode, int durable) {
    struct file *file = files;
    while (file < files + FILES && file->name[0])
        file++;
    if (file == files + FILES)
        fail("more files than expected");
    char path[PATH_MAX];
    shadow_path(path, durable ? "" : PENDING, name);
    *file = (struct file){.inode = inode, .durable = durable};
    snprintf(file->name, sizeof file->name, "%s", name);
    file->shadow = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (durable ? 0 : O_TRUNC), 0600);
    if (file->shadow < 0)
        fail(path);
    return file;
}

static void forget(struct file *file) {
    close(file->shadow);
    free(file->dirty);
    *file = (struct file){0};
}

/* What was there before is durable, as after a start of the machine. */
__attribute__((constructor)) static void begin(void) {
    live = getenv("LIVE");
    shadow = getenv("SHADOW");
    DIR *folder = live && shadow ? opendir(live) : NULL;
    if (!folder)
        fail("LIVE and SHADOW name folders");
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (entry->d_type == DT_REG)
            add(entry->d_name, entry->d_ino, 1);
    closedir(folder);
}

/* The file behind a descriptor, if it is one of those in the folder; the lock is held. */
static struct file *file_of(int fd) {
    struct stat stat;
    if (fstat(fd, &stat) || !S_ISREG(stat.st_mode) || !stat.st_nlink)
        return NULL;
    for (struct file *file = files; file < files + FILES; file++)
        if (file->name[0] && !file->removed && file->inode == stat.st_ino)
            return file;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return NULL;
    path[length] = 0;
    size_t folder = strlen(live);
    if (strncmp(path, live, folder) || path[folder] != '/' || strchr(path + folder + 1, '/'))
        return NULL;
    if (length > 4 && !strcmp(path + length - 4, "-shm"))
        return NULL;
    return add(path + folder + 1, stat.st_ino, 0);
}

static void mark(struct file *file, off_t from, off_t to) {
    if (to <= from)
        return;
    size_t pages = (to + PAGE - 1) / PAGE;
    if (pages > file->pages) {
        file->dirty = realloc(file->dirty, pages);
        if (!file->dirty)
            fail("realloc");
        memset(file->dirty + file->pages, 0, pages - file->pages);
        file->pages = pages;
    }
    memset(file->dirty + from / PAGE, 1, pages - from / PAGE);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void make_durable(struct file *file, int fd) {
    struct stat stat;
    if (fstat(fd, &stat))
        fail("fstat");
    char page[PAGE];
    for (size_t number = 0; number < file->pages; number++) {
        if (!file->dirty[number])
            continue;
        ssize_t length = pread(fd, page, PAGE, number * PAGE);
        if (length < 0 || REAL(pwrite64)(file->shadow, page, length, number * PAGE) != length)
            fail("copying a page");
        file->dirty[number] = 0;
    }
    if (REAL(ftruncate64)(file->shadow, stat.st_size))
        fail("ftruncate");
}

static void make_names_durable(void) {
    char from[PATH_MAX], to[PATH_MAX];
    for (struct file *file = files; file < files + FILES; file++) {
        if (!file->removed)
            continue;
        shadow_path(to, file->durable ? "" : PENDING, file->name);
        REAL(unlink)(to);
        forget(file);
    }
    for (struct file *file = files; file < files + FILES; file++) {
        if (!file->name[0] || file->durable)
            continue;
        shadow_path(from, PENDING, file->name);
        shadow_path(to, "", file->name);
        if (rename(from, to))
            fail(from);
        file->durable = 1;
    }
}

static void synced(int fd) {
    struct stat stat, folder;
    pthread_mutex_lock(&lock);
    struct file *file = file_of(fd);
    if (file)
        make_durable(file, fd);
    else if (!fstat(fd, &stat) && !lstat(live, &folder) && stat.st_ino == folder.st_ino && stat.st_dev == folder.st_dev)
        make_names_durable();
    pthread_mutex_unlock(&lock);
}

int fsync(int fd) {
    int result = REAL(fsync)(fd);
    if (!result)
        synced(fd);
    return result;
}

int fdatasync(int fd) {
    int result = REAL(fdatasync)(fd);
    if (!result)
        synced(fd);
    return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    ssize_t result = REAL(pwrite64)(fd, bytes, count, offset);
    if (result > 0) {
        pthread_mutex_lock(&lock);
        struct file *file = file_of(fd);
        if (file)
            mark(file, offset, offset + result);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int ftruncate64(int fd, off64_t length) {
    struct stat before;
    int known = !fstat(fd, &before);
    int result = REAL(ftruncate64)(fd, length);
    if (!result && known) {
        pthread_mutex_lock(&lock);
        struct file *file = file_of(fd);
        if (file)
            mark(file, length, before.st_size);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int unlink(const char *path) {
    struct stat stat;
    int known = !lstat(path, &stat);
    int result = REAL(unlink)(path);
    if (!result && known) {
        pthread_mutex_lock(&lock);
        for (struct file *file = files; file < files + FILES; file++)
            if (file->name[0] && file->inode == stat.st_ino)
                file->removed = 1;
        pthread_mutex_unlock(&lock);
    }
    return result;
}
