/*
 * Writes at a position and syncs fail with the error number that is the first byte of the file DISK_FAULT_FILE; 0: they
 * work. SQLite writes its database and its log this way, and nothing else in a node does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static const volatile unsigned char *fault;

__attribute__((constructor)) static void open_fault(void) {
  const char *path = getenv("DISK_FAULT_FILE");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) fault = mapped;
  close(fd);
}

#define FAIL_IF_ASKED if (fault && *fault) { errno = *fault; return -1; }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  FAIL_IF_ASKED
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  return real(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  return pwrite64(fd, bytes, length, at);
}

int fsync(int fd) {
  FAIL_IF_ASKED
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}

int fdatasync(int fd) {
  FAIL_IF_ASKED
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  return real(fd);
}
