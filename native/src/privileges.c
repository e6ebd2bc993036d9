#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
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

static int keep(uint32_t kept)
{
	/* The bounding set first: emptying it takes a capability. EINVAL says that the kernel knows no more of them. */
	for (int capability = 0; capability <= 63; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability) < 0 && errno != EINVAL && errno != EPERM)
			return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{.effective = kept, .permitted = kept}};
	return (int)syscall(SYS_capset, &head, sets);
}

int drop_privileges(void)
{
	return keep(0);
}

int keep_net_admin(void)
{
	return keep(1u << CAP_NET_ADMIN);
}
