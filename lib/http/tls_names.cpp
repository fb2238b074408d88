// SPDX-License-Identifier: Apache-2.0
#include "http/tls_names.hpp"

namespace tcpstated {
namespace {

using enum ClientAuth;

// Those that Go lists as secure, and its RSA key exchanges of before 1.22.
constexpr std::array kCiphers{
    TlsCipher{"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", true},
    TlsCipher{"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", true},
    TlsCipher{"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
              true},
    TlsCipher{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
              "ECDHE-ECDSA-AES128-GCM-SHA256"},
    TlsCipher{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
              "ECDHE-ECDSA-AES256-GCM-SHA384"},
    TlsCipher{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
              "ECDHE-RSA-AES128-GCM-SHA256"},
    TlsCipher{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
              "ECDHE-RSA-AES256-GCM-SHA384"},
    TlsCipher{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
              "ECDHE-ECDSA-CHACHA20-POLY1305"},
    TlsCipher{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
              "ECDHE-RSA-CHACHA20-POLY1305"},
    TlsCipher{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    TlsCipher{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    TlsCipher{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    TlsCipher{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    TlsCipher{"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    TlsCipher{"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    TlsCipher{"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    TlsCipher{"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
};

constexpr std::array kCurves{
    TlsCurve{"X25519", "X25519"},
    TlsCurve{"CurveP256", "P-256"},
    TlsCurve{"CurveP384", "P-384"},
    TlsCurve{"CurveP521", "P-521"},
};

constexpr std::array kClientAuthNames{
    ClientAuthName{"NoClientCert", NoClientCert},
    ClientAuthName{"RequestClientCert", RequestClientCert},
    ClientAuthName{"RequireAnyClientCert", RequireAnyClientCert},
    ClientAuthName{"RequireClientCert", RequireAnyClientCert},
    ClientAuthName{"VerifyClientCertIfGiven", VerifyClientCertIfGiven},
    ClientAuthName{"RequireAndVerifyClientCert", RequireAndVerifyClientCert},
};

}  // namespace

std::span<const TlsCipher> tls_ciphers() { return kCiphers; }
std::span<const TlsCurve> tls_curves() { return kCurves; }
std::span<const ClientAuthName> client_auth_names() { return kClientAuthNames; }

}  // namespace tcpstated
