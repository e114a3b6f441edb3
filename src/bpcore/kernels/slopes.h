/* delta g'(z) for the activations whose derivative is simplest from a = g(z): the delta
 * product takes it in its tiles, where delta is in registers. */
#ifndef BPCORE_SLOPES_H
#define BPCORE_SLOPES_H

#include "simd.h"

/* relu'(0) is 0, the textbook's and Keras's choice. */
INLINE vreal relu_delta(vreal a, vreal delta) { return vgate(a, delta); }
INLINE vreal sigmoid_delta(vreal a, vreal delta) { return delta * (a * (1 - a)); }
INLINE vreal tanh_delta(vreal a, vreal delta) { return delta * (1 - a * a); }

#endif
