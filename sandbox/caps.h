/* caps.h - the supervisor's own capabilities.  Runs in: supervisor.  libcap-ng's hidden state stays
 * inside caps.c. */
#ifndef SANDBOX_CAPS_H
#define SANDBOX_CAPS_H

#include "base/err.h"

/* caps_drop_supervisor() - root path, after the last clone: keep only CAP_DAC_OVERRIDE (records in
 * directories of others).  euid stays 0 on purpose: it owns the run's user namespaces, which gives every
 * right over the children, and a supervisor of another uid would no longer deliver their
 * parent-death signal. */
int caps_drop_supervisor(struct err *e);

#endif
