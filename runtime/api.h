#pragma once
// The public header, whose functions must stay visible in the relocatable object although
// everything else in it is hidden.

#pragma GCC visibility push(default)
#include "vitgen_api.h"  // made from api.h.in
#pragma GCC visibility pop
