/* Written by tests/make_tanh_table.py, which says what this is. */
#if REAL_BITS == 32
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
#else
static const double tanh_centres[16] __attribute__((aligned(64))) = {
    0x1.8000000000486p-1, 0x1.4000000000037p+0, 0x1.c000000000139p+0, 0x1.200000000015ep+1,
    0x1.800000000009bp+1, 0x1.0000000000055p+2, 0x1.4000000000222p+2, 0x1.80000000002a9p+2,
    0x1.e000000000000p+2, 0x1.30000000007cfp+3, 0x1.7000000000000p+3, 0x1.b000000000000p+3,
    0x1.0800000000000p+4, 0x1.48000000007cfp+4, 0x0.0p+0, 0x1.8000000000238p-2,
};
static const double tanh_c0[16] __attribute__((aligned(64))) = {
    0x1.45323e552f4dbp-1, 0x1.b2523bb6b2e0dp-1, 0x1.e1fbf97e3356ep-1, 0x1.f4bfd6c2dfd5bp-1,
    0x1.fd77d111a0b06p-1, 0x1.ffa81708a0b43p-1, 0x1.fff419668df12p-1, 0x1.fffe63abe253cp-1,
    0x1.ffffeb78a3c73p-1, 0x1.ffffff9fbea41p-1, 0x1.fffffffe3cad8p-1, 0x1.fffffffff7bbdp-1,
    0x1.fffffffffffacp-1, 0x1.0000000000000p+0, 0x0.0p+0, 0x1.6ef53de8c919fp-2,
};
static const double tanh_c1[16] __attribute__((aligned(64))) = {
    0x1.3173b1efa6b86p-1, 0x1.1f25131e3a857p-2, 0x1.d22ca1c249d08p-4, 0x1.64108aa4d5873p-5,
    0x1.434a517bbc2e7p-7, 0x1.5f85ad510b2e6p-10, 0x1.7ccec13a9cee4p-13, 0x1.9c5377a489368p-16,
    0x1.4875bcf711064p-20, 0x1.81056faa5a36dp-26, 0x1.c3527e41b4f43p-32, 0x1.088529876578ap-37,
    0x1.4fb54874bbc66p-46, 0x1.cd480b096e9b4p-58, 0x1.0000000000000p+0, 0x1.be3fbb015a4e0p-1,
};
static const double tanh_c2[16] __attribute__((aligned(64))) = {
    -0x1.8403d3dda869bp-2, -0x1.e7291743d74c7p-3, -0x1.b6d85a01ef7cep-4, -0x1.5c3d90eb20e4ep-5,
    -0x1.41b109ca6a881p-7, -0x1.5f495227aef61p-10, -0x1.7cc5e74674c0cp-13, -0x1.9c522b95a1590p-16,
    -0x1.4875afcb9f77ap-20, -0x1.81056f61f5b6cp-26, -0x1.c3527e402462ap-32, -0x1.088529875f994p-37,
    -0x1.4fb547dca30fep-46, -0x1.cd480a3871716p-58, -0x1.722ce3c6412f0p-62, -0x1.3fd54e226fa28p-2,
};
static const double tanh_c3[16] __attribute__((aligned(64))) = {
    0x1.568057c92a6cfp-5, 0x1.bba40cbef73d3p-4, 0x1.01ba038be689bp-4, 0x1.bbccd8b106438p-6,
    0x1.a8acaf7d8adffp-8, 0x1.d3c0e48086fddp-11, 0x1.fb9aef918734cp-14, 0x1.12dfb7a641c6ap-16,
    0x1.b5f21c99f3cd3p-21, 0x1.00ae49dfc6859p-26, 0x1.2ce1a97cd3ba4p-32, 0x1.60b18cb30d491p-38,
    0x1.bf9c3e8f1dc55p-47, 0x1.3385454c75e25p-58, -0x1.555555555554ep-2, -0x1.6dc4f6e8f8602p-3,
};
static const double tanh_c4[16] __attribute__((aligned(64))) = {
    0x1.989565d8103cap-4, -0x1.9c7a0278829d8p-7, -0x1.8157e26e0d5b4p-6, -0x1.93c692cfa8369p-7,
    -0x1.a03a0ef6843a2p-9, -0x1.d27f65e904905p-12, -0x1.fb6bbc8a07c38p-15, -0x1.12dc422e65eb4p-17,
    -0x1.b5f1d65e471b6p-22, -0x1.00ae491f84c0bp-27, -0x1.2ce1a97994a24p-33, -0x1.60b18cb403e1cp-39,
    -0x1.bf9c579a5d8b4p-48, -0x1.338556812a35cp-59, -0x1.adac4e90bc4b1p-44, 0x1.584c5e7f19f00p-3,
};
static const double tanh_c5[16] __attribute__((aligned(64))) = {
    -0x1.064adc7c805ffp-4, -0x1.3a7a011ff1184p-6, 0x1.e4709c7e007b3p-9, 0x1.055f847c733c4p-8,
    0x1.3f93f711aab4ep-10, 0x1.7330e8d9b4c98p-13, 0x1.95a448257e8e0p-16, 0x1.b7bbbed9d585fp-19,
    0x1.5e5aa1f1bdae1p-23, 0x1.9ab0731848c9ep-29, 0x1.e1690fb4f02dbp-35, 0x1.1a27a41ce6e84p-40,
    0x1.6618c3be309fap-49, 0x1.ec0b69e279190p-61, 0x1.111111115b73bp-3, 0x1.31a9afcbab356p-6,
};
static const double tanh_c6[16] __attribute__((aligned(64))) = {
    -0x1.05c25569a1ed2p-10, 0x1.f1cf6c7d3f18bp-7, 0x1.0379811ee6218p-9, -0x1.82d7cb51665e9p-11,
    -0x1.86cf8b3dafa07p-12, -0x1.e9940cc1809b0p-15, -0x1.0e08de2cd9503p-17, -0x1.251912c3e9d86p-20,
    -0x1.d322568c86e1fp-25, -0x1.11caf3f7787a5p-30, -0x1.40f0b4d1bb85ap-36, -0x1.7834da85f1eb8p-42,
    -0x1.dd749be1e8014p-51, -0x1.48066934a00e7p-62, -0x1.adb1fffe3c4a9p-32, -0x1.1d58913b0c6f2p-4,
};
static const double tanh_c7[16] __attribute__((aligned(64))) = {
    0x1.62a65eaafb381p-6, -0x1.326bd4cd75160p-8, -0x1.fc15b03f943b4p-10, -0x1.9a521ac2698afp-14,
    0x1.6f7fad1c2b9cbp-14, 0x1.11ab119e6a98bp-16, 0x1.33b66f65f6133p-19, 0x1.4ed65acba0220p-22,
    0x1.0aeda1b1d1c2ap-26, 0x1.38e7d259fa552p-32, 0x1.6ec9d649f3c96p-38, 0x1.adf3212656e84p-44,
    0x1.10bbb38515d2ep-52, 0x1.76c01ab26b3c4p-64, -0x1.ba1b9beef9498p-5, 0x1.a7c69d23dc6dcp-7,
};
static const double tanh_c8[16] __attribute__((aligned(64))) = {
    -0x1.54b0652bb15d4p-7, -0x1.ca3f1427cee45p-11, 0x1.c77ded3cad440p-11, 0x1.4adc411fde0bfp-13,
    -0x1.ab809f6bd6897p-17, -0x1.058883217f8d2p-18, -0x1.31eab3cc226afp-21, -0x1.4e92e6e86d924p-24,
    -0x1.0aeaff2be5285p-28, -0x1.38e7cfe9a7ef8p-34, -0x1.6ec9e45a7ecc9p-40, -0x1.adf331ffe9e10p-46,
    -0x1.10c848bcd0257p-54, -0x1.76d164d3b554ap-66, -0x1.9cbcdf6442f22p-23, 0x1.7891902fdf46ap-6,
};
static const double tanh_c9[16] __attribute__((aligned(64))) = {
    -0x1.05c477f7a61ffp-9, 0x1.be93ce8fc36d7p-10, -0x1.a0c72731da4e0p-13, -0x1.548aee9a14ca8p-14,
    -0x1.1d9a5b970706bp-20, 0x1.a60babee36292p-21, 0x1.0cbc5de0b4360p-23, 0x1.28ee498608988p-26,
    0x1.da8336d4b95bbp-31, 0x1.1627ac7ecae12p-36, 0x1.460def443d980p-42, 0x1.7e3389616c532p-48,
    0x1.e73520bec4cf2p-57, 0x1.4eb9968ba6923p-68, 0x1.6658f6bf778d6p-6, -0x1.7b22a36819caap-7,
};
static const double tanh_c10[16] __attribute__((aligned(64))) = {
    0x1.21b667f10eb14p-8, -0x1.b8547a58eac75p-11, -0x1.078a470b8227dp-15, 0x1.cd727ffd64308p-16,
    0x1.bf414b2c6bc42p-20, -0x1.0d97c6311f41fp-23, -0x1.a3c7d0b65b0c3p-26, -0x1.d9972e3073b67p-29,
    -0x1.7b8ab0d3c86d9p-33, -0x1.bd09522cb4a6bp-39, -0x1.04d6671c45e74p-44, -0x1.31c105baf0531p-50,
    -0x1.85173e34b819bp-59, -0x1.0b50e94dcee51p-70, -0x1.40f234a2c6b9ap-16, -0x1.67773b3983440p-8,
};
static const double tanh_c11[16] __attribute__((aligned(64))) = {
    -0x1.8ffd9494d6d42p-10, 0x1.9b61cd6d3185fp-14, 0x1.d46af10b93f95p-15, -0x1.7b34e08cb1e56p-18,
    -0x1.a06a1a9c48736p-21, 0x1.8b149506cb221p-27, 0x1.22838d9a82a8dp-28, 0x1.563599722e455p-31,
    0x1.1343ce170238ap-35, 0x1.42db1db45e4b2p-41, 0x1.7a74c1d1d63c5p-47, 0x1.bba06bbc8da6dp-53,
    0x1.0da9d4e65535ep-61, 0x1.728846ba23ab9p-73, -0x1.1ed2346e4668dp-7, 0x1.8a10747253db6p-8,
};
static const double tanh_c12[16] __attribute__((aligned(64))) = {
    -0x1.716bc47cc20ddp-11, 0x1.35c838b3366a8p-13, -0x1.f188b036ac333p-16, -0x1.2842e75947e5cp-22,
    0x1.1779120d734cep-22, 0x1.edaa497549909p-30, -0x1.5c093a88c7bd3p-31, -0x1.c27e830b26fdfp-34,
    -0x1.6f05cb18de20ap-38, -0x1.aebcd85a75f61p-44, -0x1.f8ec0f6ced8a9p-50, -0x1.27ef68b8002bbp-55,
    -0x1.6bf577e404aeap-64, -0x1.f419768220c64p-76, -0x1.c90e823e57af0p-12, 0x1.885aad2c3cacbp-12,
};
static const double tanh_c13[16] __attribute__((aligned(64))) = {
    0x1.a92ab0be24786p-11, -0x1.dee24c82affa6p-14, 0x1.178193245c7d6p-17, 0x1.0057c5c3c7947p-20,
    -0x1.28459c89faaa6p-24, -0x1.a02b7dd8a3f8ep-30, 0x1.475a1ce9d8c0bp-34, 0x1.11e52187ce330p-36,
    0x1.e2c9c7bcf30afp-41, 0x1.1bd03aeb03066p-46, 0x1.4cb46015adcdap-52, 0x1.85ff3c083c8bap-58,
    0x1.2da731c4debefp-66, 0x1.9e7ce9182c30cp-78, 0x1.3675cfbb1e316p-8, -0x1.36ddd3f467296p-9,
};
static const double tanh_c14[16] __attribute__((aligned(64))) = {
    -0x1.4a632258c9a25p-13, 0x1.0feac61b21302p-15, 0x1.7543eb2434c1cp-24, -0x1.169b100661b37p-21,
    0x1.ac2b3c6d3f231p-27, 0x1.23dcb69294ecep-31, -0x1.1d1f51de736ccp-38, -0x1.272f02b54b039p-39,
    -0x1.10ce9d2f83ef3p-43, -0x1.41aaf0e21e397p-49, -0x1.7919821648575p-55, -0x1.ba0993395d8b9p-61,
    -0x1.4dbe3b9b70150p-69, -0x1.ca94d3151600ep-81, -0x1.e32c20a727cfbp-10, 0x1.1491a6a8e2609p-11,
};
#endif
