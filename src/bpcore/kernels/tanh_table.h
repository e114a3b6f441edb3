/* Written by tests/make_tanh_table.py, which says what this is. */
static const float tanh_centres[32] __attribute__((aligned(64))) = {
    0x0.0p+0f, 0x1.6001060p-4f, 0x1.a007d00p-4f, 0x1.e004340p-4f,
    0x1.2002780p-3f, 0x1.6006a00p-3f, 0x1.a009b80p-3f, 0x1.e0087a0p-3f,
    0x1.2009e00p-2f, 0x1.6000680p-2f, 0x1.a0044c0p-2f, 0x1.e004440p-2f,
    0x1.20036a0p-1f, 0x1.600e300p-1f, 0x1.a004f00p-1f, 0x1.e0083a0p-1f,
    0x1.2008de0p+0f, 0x1.6006400p+0f, 0x1.a009720p+0f, 0x1.e000760p+0f,
    0x1.20093e0p+1f, 0x1.600afc0p+1f, 0x1.a00e1e0p+1f, 0x1.e0081c0p+1f,
    0x1.2004d20p+2f, 0x1.6005f20p+2f, 0x1.a000000p+2f, 0x1.e00f9e0p+2f,
    0x1.2000000p+3f, 0x1.4000000p+3f, 0x1.4000000p+3f, 0x1.4000000p+3f,
};
static const float tanh_c0[32] __attribute__((aligned(64))) = {
    0x0.0p+0f, 0x1.5f23d60p-4f, 0x1.9e9b120p-4f, 0x1.ddd4b80p-4f,
    0x1.1e203c0p-3f, 0x1.5c99760p-3f, 0x1.9a68700p-3f, 0x1.d76e640p-3f,
    0x1.18acbc0p-2f, 0x1.52c3220p-2f, 0x1.8a8b8a0p-2f, 0x1.bfb1de0p-2f,
    0x1.050af60p-1f, 0x1.3161040p-1f, 0x1.578bb60p-1f, 0x1.77dc040p-1f,
    0x1.9e62d40p-1f, 0x1.c27b780p-1f, 0x1.d9c9b20p-1f, 0x1.e878b40p-1f,
    0x1.f4c1720p-1f, 0x1.fbd5c00p-1f, 0x1.fe76d00p-1f, 0x1.ff6f2a0p-1f,
    0x1.ffdfac0p-1f, 0x1.fffba00p-1f, 0x1.ffff680p-1f, 0x1.ffffec0p-1f,
    0x1.fffffe0p-1f, 0x1.0000000p+0f, 0x1.0000000p+0f, 0x1.0000000p+0f,
};
static const float tanh_c1[32] __attribute__((aligned(64))) = {
    0x1.0000000p+0f, 0x1.fc3cba0p-1f, 0x1.fac10c0p-1f, 0x1.f9083c0p-1f,
    0x1.f601a00p-1f, 0x1.f12a740p-1f, 0x1.eb706a0p-1f, 0x1.e4dec40p-1f,
    0x1.d988b60p-1f, 0x1.c7f7040p-1f, 0x1.b3fdc60p-1f, 0x1.9e222c0p-1f,
    0x1.7ae8520p-1f, 0x1.49dbd80p-1f, 0x1.197c2a0p-1f, 0x1.d829b00p-2f,
    0x1.613c340p-2f, 0x1.ce93660p-3f, 0x1.264a1a0p-3f, 0x1.6fce640p-4f,
    0x1.63de440p-5f, 0x1.097a700p-6f, 0x1.8899080p-8f, 0x1.2183080p-9f,
    0x1.0297d80p-11f, 0x1.17feda0p-14f, 0x1.2f5ffa0p-17f, 0x1.47d5aa0p-20f,
    0x1.05a6280p-24f, 0x0.0p+0f, 0x0.0p+0f, 0x0.0p+0f,
};
static const float tanh_c2[32] __attribute__((aligned(64))) = {
    0x0.0p+0f, -0x1.5c8f340p-4f, -0x1.9a5b940p-4f, -0x1.d753fe0p-4f,
    -0x1.188a840p-3f, -0x1.527fde0p-3f, -0x1.89ed440p-3f, -0x1.be73780p-3f,
    -0x1.0396840p-2f, -0x1.2dafd80p-2f, -0x1.4ff91a0p-2f, -0x1.6a1eb20p-2f,
    -0x1.825f0a0p-2f, -0x1.897bea0p-2f, -0x1.79befc0p-2f, -0x1.5a9d720p-2f,
    -0x1.1de43c0p-2f, -0x1.96ff8a0p-3f, -0x1.10538e0p-3f, -0x1.5ee77a0p-4f,
    -0x1.5c0ba80p-5f, -0x1.074ec80p-6f, -0x1.8766900p-8f, -0x1.212d3a0p-9f,
    -0x1.024d340p-11f, -0x1.17bcda0p-14f, -0x1.2f1ab20p-17f, -0x1.478af80p-20f,
    -0x1.01acfc0p-24f, 0x0.0p+0f, 0x0.0p+0f, 0x0.0p+0f,
};
static const float tanh_c3[32] __attribute__((aligned(64))) = {
    -0x1.55552c0p-2f, -0x1.4b5ac20p-2f, -0x1.4773a60p-2f, -0x1.42f12a0p-2f,
    -0x1.3b12de0p-2f, -0x1.2ea2960p-2f, -0x1.2027dc0p-2f, -0x1.0fdcbe0p-2f,
    -0x1.e9130e0p-3f, -0x1.9857f60p-3f, -0x1.426c1c0p-3f, -0x1.d713ee0p-4f,
    -0x1.bce9760p-5f, 0x1.d91e660p-7f, 0x1.07398e0p-4f, 0x1.8440120p-4f,
    0x1.c68f260p-4f, 0x1.97cee40p-4f, 0x1.33cf800p-4f, 0x1.a85a880p-5f,
    0x1.bb92e20p-6f, 0x1.595cb00p-7f, 0x1.035f960p-8f, 0x1.80ba1c0p-10f,
    0x1.58669e0p-12f, 0x1.7523de0p-15f, 0x1.9457600p-18f, 0x1.b4eb5c0p-21f,
    0x1.5aa3a40p-25f, 0x0.0p+0f, 0x0.0p+0f, 0x0.0p+0f,
};
static const float tanh_c4[32] __attribute__((aligned(64))) = {
    0x0.0p+0f, 0x1.cb9a5e0p-5f, 0x1.0d5b1e0p-4f, 0x1.33ca9c0p-4f,
    0x1.6b0af40p-4f, 0x1.afa5d00p-4f, 0x1.ed84d20p-4f, 0x1.11ef700p-3f,
    0x1.32eeca0p-3f, 0x1.5008ca0p-3f, 0x1.5c0b8e0p-3f, 0x1.58401a0p-3f,
    0x1.39eaee0p-3f, 0x1.e923e20p-4f, 0x1.472f940p-4f, 0x1.62f5100p-5f,
    0x1.d8be900p-9f, -0x1.5a66380p-6f, -0x1.9bd53e0p-6f, -0x1.55a09e0p-6f,
    -0x1.9574840p-7f, -0x1.50d0e00p-8f, -0x1.02bdca0p-9f, -0x1.82ef1e0p-11f,
    -0x1.66b49c0p-13f, -0x1.850fd80p-16f, -0x1.a5a4900p-19f, -0x1.c7a95a0p-22f,
    -0x1.9b57320p-26f, 0x0.0p+0f, 0x0.0p+0f, 0x0.0p+0f,
};
static const float tanh_c5[32] __attribute__((aligned(64))) = {
    0x1.1039ba0p-3f, 0x1.0038ca0p-3f, 0x1.f36aca0p-4f, 0x1.e474700p-4f,
    0x1.ca91ee0p-4f, 0x1.a263120p-4f, 0x1.74a6d00p-4f, 0x1.428c060p-4f,
    0x1.e3ca9e0p-5f, 0x1.05be380p-5f, 0x1.83dd140p-8f, -0x1.195a440p-6f,
    -0x1.64aabc0p-5f, -0x1.f8cd1a0p-5f, -0x1.00d1e80p-4f, -0x1.b2c2420p-5f,
    -0x1.0646680p-5f, -0x1.3680c00p-7f, 0x1.73ccf20p-10f, 0x1.2e24000p-8f,
    0x1.04d52e0p-8f, 0x1.f50c3e0p-10f, 0x1.92e2c20p-11f, 0x1.31fa120p-12f,
    0x1.1b24080p-14f, 0x1.33b1220p-17f, 0x1.4d57460p-20f, 0x1.68d02c0p-23f,
    0x1.3a3a480p-27f, 0x0.0p+0f, 0x0.0p+0f, 0x0.0p+0f,
};
