/* Records what a process really writes below a folder, in order: LD_PRELOAD=power_recorder.so, CUBB_RECORD_BELOW=/folder/,
   CUBB_RECORD_TO=/trace. One record: op (1 byte), lengths of path and data (u32), offset (i64), path, data.
   W write, S sync, T truncate, C create, U unlink, R rename (data is the new path). Names of folders are synced as S. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -2;

static int is_below(const char *path) {
    const char *folder = getenv("CUBB_RECORD_BELOW");
    return folder && strncmp(path, folder, strlen(folder) - 1) == 0;
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_BYTES - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static void put(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length) {
        ssize_t done = syscall(SYS_write, trace, rest, length);
        if (done <= 0) abort();
        rest += done;
        length -= (size_t)done;
    }
}

static void note(char op, const char *path, int64_t offset, const void *data, size_t length) {
    int kept = errno;
    pthread_mutex_lock(&lock);
    if (trace == -2)
        trace = (int)syscall(SYS_openat, AT_FDCWD, getenv("CUBB_RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uint32_t lengths[2] = {(uint32_t)strlen(path), (uint32_t)length};
    put(&op, 1);
    put(lengths, sizeof lengths);
    put(&offset, sizeof offset);
    put(path, lengths[0]);
    put(data, length);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    ssize_t done = real(fd, data, length);
    char path[PATH_BYTES];
    if (done > 0 && path_of(fd, path))
        note('W', path, syscall(SYS_lseek, fd, 0, SEEK_CUR) - done, data, (size_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    ssize_t done = real(fd, data, length, offset);
    char path[PATH_BYTES];
    if (done > 0 && path_of(fd, path)) note('W', path, offset, data, (size_t)done);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

static int synced(int fd, int result) {
    char path[PATH_BYTES];
    if (result == 0 && path_of(fd, path)) note('S', path, 0, "", 0);
    return result;
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    return synced(fd, real(fd));
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    return synced(fd, real(fd));
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    int result = real(fd, length);
    char path[PATH_BYTES];
    if (result == 0 && path_of(fd, path)) note('T', path, length, "", 0);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int result = real(path);
    if (result == 0 && is_below(path)) note('U', path, 0, "", 0);
    return result;
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    int result = real(from, to);
    if (result == 0 && is_below(to)) note('R', from, 0, to, strlen(to));
    return result;
}

static int opened(const char *path, int flags, mode_t mode) {
    struct stat facts;
    int below = is_below(path);
    int is_new = below && (flags & O_CREAT) && lstat(path, &facts) != 0;
    int emptied = below && (flags & O_TRUNC) && !is_new;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && is_new) note('C', path, 0, "", 0);
    if (fd >= 0 && emptied) note('T', path, 0, "", 0);
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
