/* child_secrets.c - the files of /run/secrets, made by init while it builds the tree.
 *
 * Order matters: filled first, read-only then, and the values wiped before anything else happens, long
 * before the workload exists.  The mount point lies in a directory that the workload may write, but
 * what is mounted upon can't be removed or renamed by those who see it mounted (EBUSY), and unmounting
 * takes a capability that nobody inside has. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/launch.h"

#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

void secrets_wipe(struct secret_store *store)
{
	if (!store->bytes)
		return;
	/* Not the rest: it was never written, and would be given memory to be overwritten in. */
	explicit_bzero(store->bytes, store->touched);
	secrets_forget(store);
}

void secrets_forget(struct secret_store *store)
{
	if (!store->bytes)
		return;
	munmap(store->bytes, store->size);
	store->bytes = NULL;
	store->used = store->touched = store->size = 0;
}

/* Room for every value in whole pages of any size up to 64 KiB, and not one file more. */
static int mount_empty(const struct plan *p, struct err *e)
{
	char options[96];
	struct text t = TEXT_ON(options);

	text_fmt(&t, "mode=0500,size=%zu,nr_inodes=%zu", p->secret_count * SECRET_BYTES_MAX,
		 p->secret_count + 1);
	if (mkdir(SECRET_DIR, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "make '%s'", SECRET_DIR);
	if (mount("enclave-secrets", SECRET_DIR, "tmpfs", FLAGS, options) != 0)
		return err_sys(e, "mount the secrets on '%s'", SECRET_DIR);
	return 0;
}

static int write_secret(const char *name, const char *bytes, size_t len, struct err *e)
{
	char path[sizeof(SECRET_DIR) + 1 + SECRET_NAME_MAX] = "";
	struct text t = TEXT_ON(path);
	autofd int fd = -1;

	text_fmt(&t, SECRET_DIR "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0 || fd_write_all(fd, bytes, len) != 0)
		return err_sys(e, "write the secret '%s'", name);
	return 0;
}

int child_secrets(const struct launch *l, struct err *e)
{
	const struct plan *p = l->plan;
	const char *at = l->secrets->bytes;

	if (mount_empty(p, e) != 0)
		return -1;
	for (size_t i = 0; i < p->secret_count; i++) {
		if (write_secret(p->secrets[i].name, at, l->secrets->len[i], e) != 0)
			return -1;
		at += l->secrets->len[i];
	}
	if (mount(NULL, SECRET_DIR, NULL, MS_REMOUNT | MS_RDONLY | FLAGS, NULL) != 0)
		return err_sys(e, "make '%s' read-only", SECRET_DIR);
	secrets_wipe(l->secrets);
	return 0;
}
