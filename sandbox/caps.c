/* caps.c - drop what the supervisor does not need once the run is started. */
#include "sandbox/caps.h"

#include <cap-ng.h>
#include <errno.h>

int caps_drop_supervisor(struct err *e)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE) != 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_sysn(e, EPERM, "drop the supervisor's capabilities");
	return 0;
}
