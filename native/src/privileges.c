#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int follow_parent(int parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	/* It may have ended before the line above. */
	return getppid() == parent ? 0 : -1;
}

enum { DROP_ALL = -1 };

/* The bounding set first: emptying it takes a capability. EINVAL says that the kernel knows no more of them. */
static int give_up_all_but(int kept)
{
	for (int capability = 0; capability <= 63; capability++) {
		if (capability == kept)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability) < 0 && errno != EINVAL && errno != EPERM)
			return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3] = {0};
	if (kept >= 0)
		all[0].effective = all[0].permitted = all[0].inheritable = 1u << kept;
	return (int)syscall(SYS_capset, &head, all);
}

int drop_privileges(void)
{
	return give_up_all_but(DROP_ALL);
}

int keep_network_administration(void)
{
	return give_up_all_but(CAP_NET_ADMIN);
}
