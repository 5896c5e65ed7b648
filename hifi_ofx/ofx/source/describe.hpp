// What the plug-in is, and what it has: its contexts, clips and parameters.
#pragma once

#include "suites.hpp"

namespace hifi {

ofx::Status describe(ofx::Effect effect);
ofx::Status describe_in_context(ofx::Effect effect, const Properties& in);

}  // namespace hifi
