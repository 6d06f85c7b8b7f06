/* A disk that tells what was asked of it, and fails when it is told to. Loaded before a program (LD_PRELOAD), it writes each
 * change of a file under DISK_FOLDER to DISK_LOG, in the order in which they happened:
 *
 *     KIND OFFSET LENGTH NAME\n, then LENGTH bytes
 *
 * W bytes written, T truncated to OFFSET, S synced, U removed, R renamed (the bytes are the new name).
 *
 * DISK_FAIL is `KINDS:N:HOW:ERRNO`: of the operations of these kinds the Nth fails (`once`), or it and all after it
 * (`from`), or it writes half of its bytes (`short`). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES 4096
static char *names[FILES];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -2;
static long seen;

static void say(char kind, long offset, const void *bytes, size_t length, const char *name) {
    const char *path = getenv("DISK_LOG");
    char head[1200];
    int end;
    if (log_file == -2)
        log_file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (log_file < 0)
        return;
    end = snprintf(head, sizeof head, "%c %ld %zu %s\n", kind, offset, length, name);
    syscall(SYS_write, log_file, head, (size_t)end);
    if (length)
        syscall(SYS_write, log_file, bytes, length);
}

/* The name under the folder, `.` for the folder, null for what lies elsewhere. */
static const char *inside(const char *path) {
    const char *folder = getenv("DISK_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    if (!length || !path)
        return NULL;
    if (path[0] != '/')
        return path;
    if (strncmp(path, folder, length) != 0)
        return NULL;
    return path[length] == '/' ? path + length + 1 : path[length] == 0 ? "." : NULL;
}

/* 0: goes through, 1: fails with errno set, 2: half of it is written. */
static int fate(char kind) {
    const char *rule = getenv("DISK_FAIL");
    char kinds[16], how[8];
    long nth;
    int number;
    if (!rule || sscanf(rule, "%15[^:]:%ld:%7[^:]:%d", kinds, &nth, how, &number) != 4 || !strchr(kinds, kind))
        return 0;
    seen++;
    if (seen == nth && strcmp(how, "short") == 0)
        return 2;
    if (strcmp(how, "short") != 0 && (seen == nth || (seen > nth && strcmp(how, "from") == 0))) {
        errno = number;
        return 1;
    }
    return 0;
}

static int opened(int file, const char *path) {
    const char *name = inside(path);
    if (file >= 0 && file < FILES) {
        pthread_mutex_lock(&turn);
        free(names[file]);
        names[file] = name ? strdup(name) : NULL;
        pthread_mutex_unlock(&turn);
    }
    return file;
}

static const char *name_of(int file) { return file >= 0 && file < FILES ? names[file] : NULL; }

#define MODE(flags, mode)                                                                                              \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode)
    return opened((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path);
}
int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode)
    return opened((int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode), path);
}
int openat(int at, const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode)
    return opened((int)syscall(SYS_openat, at, path, flags, mode), path);
}

int close(int file) {
    if (file >= 0 && file < FILES) {
        pthread_mutex_lock(&turn);
        free(names[file]);
        names[file] = NULL;
        pthread_mutex_unlock(&turn);
    }
    return (int)syscall(SYS_close, file);
}

static ssize_t written(int file, const void *bytes, size_t length, long offset, int at_place) {
    ssize_t done;
    int how;
    pthread_mutex_lock(&turn);
    how = fate('W');
    if (how == 1) {
        pthread_mutex_unlock(&turn);
        return -1;
    }
    if (how == 2)
        length = length > 1 ? length / 2 : length;
    if (!at_place) {
        struct stat about;
        int flags = fcntl(file, F_GETFL);
        offset = (flags & O_APPEND) && fstat(file, &about) == 0 ? about.st_size : lseek(file, 0, SEEK_CUR);
    }
    done = at_place ? syscall(SYS_pwrite64, file, bytes, length, offset) : syscall(SYS_write, file, bytes, length);
    if (done > 0)
        say('W', offset, bytes, (size_t)done, name_of(file));
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t write(int file, const void *bytes, size_t length) {
    return name_of(file) ? written(file, bytes, length, 0, 0) : syscall(SYS_write, file, bytes, length);
}
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    return name_of(file) ? written(file, bytes, length, offset, 1) : syscall(SYS_pwrite64, file, bytes, length, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    return pwrite(file, bytes, length, offset);
}

static int plain(char kind, int file, long size, long number) {
    int done = -1, how = 0;
    pthread_mutex_lock(&turn);
    how = name_of(file) ? fate(kind) : 0;
    if (how != 1)
        done = (int)syscall(number, file, size);
    if (done == 0 && name_of(file))
        say(kind, size, NULL, 0, name_of(file));
    pthread_mutex_unlock(&turn);
    return done;
}

int fsync(int file) { return plain('S', file, 0, SYS_fsync); }
int fdatasync(int file) { return plain('S', file, 0, SYS_fdatasync); }
int ftruncate(int file, off_t size) { return plain('T', file, size, SYS_ftruncate); }
int ftruncate64(int file, off64_t size) { return plain('T', file, size, SYS_ftruncate); }

int unlink(const char *path) {
    const char *name = inside(path);
    int done;
    pthread_mutex_lock(&turn);
    done = name && fate('U') == 1 ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (done == 0 && name)
        say('U', 0, NULL, 0, name);
    pthread_mutex_unlock(&turn);
    return done;
}

int rename(const char *from, const char *to) {
    const char *name = inside(from), *later = inside(to);
    int done;
    pthread_mutex_lock(&turn);
    done = name && fate('R') == 1 ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (done == 0 && name && later)
        say('R', 0, later, strlen(later), name);
    pthread_mutex_unlock(&turn);
    return done;
}
