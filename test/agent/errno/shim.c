/*
 * Makes system calls of a process, and of the processes that it starts, fail as on a damaged disk. Preloaded;
 * the rule is the text of the file $DS_ERRNO_RULE, "CALL ERRNO PATH", read anew at each call: a call of this
 * kind fails with this number when its path contains PATH, or ends with it where PATH ends with '$'.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULE_BYTES 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *rule(void) {
  static const char *mapped;
  if (mapped) return mapped;
  const char *file = getenv("DS_ERRNO_RULE");
  mapped = "";
  if (!file) return mapped;
  int fd = REAL(open64)(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return mapped;
  void *at = mmap(0, RULE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
  REAL(close)(fd);
  if (at != MAP_FAILED) mapped = at;
  return mapped;
}

/* Whether this call fails; errno is set then. */
static int fails(const char *call, const char *path) {
  char text[RULE_BYTES], name[32], part[PATH_MAX];
  int number;
  const char *now = rule();
  if (!now[0] || !path) return 0;
  memcpy(text, now, now[0] ? strnlen(now, RULE_BYTES - 1) + 1 : 1);
  text[RULE_BYTES - 1] = 0;
  if (sscanf(text, "%31s %d %4095[^\n]", name, &number, part) != 3 || strcmp(name, call)) return 0;
  size_t length = strlen(part), whole = strlen(path);
  if (part[length - 1] == '$') {
    length -= 1;
    if (whole < length || strncmp(path + whole - length, part, length)) return 0;
  } else if (!strstr(path, part)) {
    return 0;
  }
  errno = number;
  return 1;
}

static int fails_at(const char *call, int fd) {
  char link[64], path[PATH_MAX];
  if (!rule()[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = REAL(readlink)(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return fails(call, path);
}

#define OPEN(name)                                        \
  int name(const char *path, int flags, ...) {            \
    va_list list;                                         \
    va_start(list, flags);                                \
    mode_t mode = va_arg(list, mode_t);                   \
    va_end(list);                                         \
    int writes = flags & (O_WRONLY | O_RDWR | O_CREAT);   \
    if (fails("open", path) || (writes && fails("create", path))) return -1; \
    return REAL(name)(path, flags, mode);                 \
  }
OPEN(open)
OPEN(open64)

#define PATH_CALL(type, bad, call, name, params, path, args) \
  type name params {                                         \
    if (fails(call, path)) return bad;                       \
    return REAL(name) args;                                  \
  }
#define FD_CALL(type, call, name, params, args) \
  type name params {                            \
    if (fails_at(call, fd)) return -1;          \
    return REAL(name) args;                     \
  }

PATH_CALL(int, -1, "mkdir", mkdir, (const char *p, mode_t m), p, (p, m))
PATH_CALL(char *, 0, "mkdir", mkdtemp, (char *p), p, (p))
PATH_CALL(char *, 0, "mkdir", mkdtemp64, (char *p), p, (p))
PATH_CALL(int, -1, "remove", unlink, (const char *p), p, (p))
PATH_CALL(int, -1, "remove", rmdir, (const char *p), p, (p))
PATH_CALL(int, -1, "link", link, (const char *f, const char *p), f, (f, p))
PATH_CALL(int, -1, "rename", rename, (const char *f, const char *p), p, (f, p))
PATH_CALL(int, -1, "chmod", chmod, (const char *p, mode_t m), p, (p, m))
PATH_CALL(int, -1, "access", access, (const char *p, int m), p, (p, m))
PATH_CALL(int, -1, "statfs", statfs, (const char *p, struct statfs *s), p, (p, s))
PATH_CALL(int, -1, "statfs", statfs64, (const char *p, struct statfs64 *s), p, (p, s))
PATH_CALL(DIR *, 0, "list", opendir, (const char *p), p, (p))
PATH_CALL(int, -1, "list", scandir,
          (const char *p, struct dirent ***n, int (*f)(const struct dirent *),
           int (*c)(const struct dirent **, const struct dirent **)), p, (p, n, f, c))
PATH_CALL(int, -1, "list", scandir64,
          (const char *p, struct dirent64 ***n, int (*f)(const struct dirent64 *),
           int (*c)(const struct dirent64 **, const struct dirent64 **)), p, (p, n, f, c))
PATH_CALL(int, -1, "stat", lstat, (const char *p, struct stat *s), p, (p, s))
PATH_CALL(int, -1, "stat", lstat64, (const char *p, struct stat64 *s), p, (p, s))
PATH_CALL(int, -1, "stat", stat, (const char *p, struct stat *s), p, (p, s))
PATH_CALL(int, -1, "stat", stat64, (const char *p, struct stat64 *s), p, (p, s))
FD_CALL(ssize_t, "read", read, (int fd, void *b, size_t n), (fd, b, n))
FD_CALL(ssize_t, "read", pread, (int fd, void *b, size_t n, off_t o), (fd, b, n, o))
FD_CALL(ssize_t, "read", pread64, (int fd, void *b, size_t n, off64_t o), (fd, b, n, o))
FD_CALL(ssize_t, "write", write, (int fd, const void *b, size_t n), (fd, b, n))
FD_CALL(ssize_t, "write", pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o))
FD_CALL(ssize_t, "write", pwrite64, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o))
FD_CALL(int, "flush", fsync, (int fd), (fd))
FD_CALL(int, "flush", fdatasync, (int fd), (fd))
FD_CALL(int, "flush", syncfs, (int fd), (fd))

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *stat) {
  if (path[0] ? fails("stat", path) : fails_at("fstat", folder)) return -1;
  return REAL(statx)(folder, path, flags, mask, stat);
}

/* libuv calls statx by its number. */
long syscall(long number, ...) {
  long a[6];
  va_list list;
  va_start(list, number);
  for (int n = 0; n < 6; n += 1) a[n] = va_arg(list, long);
  va_end(list);
  if (number == SYS_statx) {
    const char *path = (const char *)a[1];
    if (path[0] ? fails("stat", path) : fails_at("fstat", (int)a[0])) return -1;
  }
  return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
