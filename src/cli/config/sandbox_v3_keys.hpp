#pragma once

namespace wxpay::cli {

// The merchant's keys of API v3 in the built-in sandbox, and his certificate of both: fixed and public, as
// the key of API v2 is.

inline constexpr const char* sandbox_serial_no = "5A0D1F26C4B39E7781C2A90F3B64D8E57A1C9F02";
inline constexpr const char* sandbox_apiv3_key = "wxpayctlSandboxApiV3Key000000000";
/// Made once for this. It signs nothing that is worth anything.
inline constexpr const char* sandbox_private_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDFa0evhKi5dZif\n"
    "tHFnCOjofrSsB4vb5L7OC3ndXIcAfk1WlwfWiWahjIqtpxznYjOjrtNG1xcUG5bI\n"
    "Aq3Ck5xaVH9dZKiy+6m2N4eLt3g78EVBXwOa7NxFqwGJenc1cJZSqQQVuR32T8Mj\n"
    "cXTLYVlhUGZnwBrs14pm7s1Bj4Aot+KW+9T2Qh9nFocUQo9yLVYdRcftBFGtIfJe\n"
    "VSRwB653hnuA6GbjkP7TbmfKt3/ZgLgTBBQQ3RC36VhgllmOBPzaLk1XaueVbjMd\n"
    "7M+YQDvLIvRlDZxFyl7+voc/OZSOsXraGp7y+5ECG72Sn1V4WKflWPrJhvObEToB\n"
    "LnCE1ienAgMBAAECgf9IvuoAwza+dZbH7WCG7Gw76nSo73REkwW8PH5WE20BFt6+\n"
    "CZPZz3JXanJaNY9xCRP+PMLzAk8pbwEgsoaqLGUbjrIKuAzHPJ+iMCls/S5Q5+NH\n"
    "3hB2Bick2jQMH2nN8gQdHCq6gSbenIWg3y3VGQor0cnqcTTQEUdD/BBRGDp2xftR\n"
    "f3qmKQVL4nLdwXoPbxRTUgKT3Lub3WNGQ+CuQPUOjviHSK/xFH15Prhyu8k1metC\n"
    "jODG/uaIqsuM8a7qkhYYWtUg3Zl3fpECAfG0+uVPfZEUE34+qxn5LmZ/66ua0xVS\n"
    "jj21H6G2RVq+91PPwzuW9TJ0Y3Xqq/YPm4Gc+OkCgYEA5tKS+qvJS2Xqwln3J6bR\n"
    "CDRFw6yya8JLH9tbba1wJXre+THXeqOQoxLosDyREEDxwxKDv/Z5BxMwsHYhUT/h\n"
    "qUvpGln6J52FWrrFtydSJK1Y6FsDQ0BpzkemV16vN2p5Sjb7ZzR8qIjz3D33Dfwb\n"
    "bzP/h6hyY48i1IqtFeQallsCgYEA2vP0tbVJx+kBCicyDO36Oql/ju5ZMm8Y3eS1\n"
    "dN8uriMOjry8NdB2l8MM4Rg5s5hphTWA286/XwwdE+BPTz4SIc40NUwN+6yS0ZjG\n"
    "byb1gCpPWwEPIPhGTAilMaXGgpz/JHp9k0xunAdw+M3oTmu2URC4GytANpFzs/u/\n"
    "ItlT7aUCgYAji1Gu4D1DKxKXkxsINBwEU2ha1YE0Lts6sKDHpumaG+2yGgbAj+d5\n"
    "9TN30BvWkOmpzHQVX3MLr9zTj51Z0aiCVXoz4J8w8oTSj+haZ+eyVi9WuI0sEgM5\n"
    "DLeExMPemLrMvuK/5ck8erpys+gTczsWSL+UuE/FHQmUCTbWJCYj+QKBgQDIX8nr\n"
    "IOVMleflqskbHA6L8OJTo7ztcs6HAu8s7bKCmoKQDhkQBp8Bc/ctaEYmHa0zwysR\n"
    "/bsU+LkDn5v1IRDm7xbIT7ncQKp8NhwjTLwPdqj415dIzO1IWAEV1mg80ACPGaoi\n"
    "SyhOkmDI0WdvnRNUTMCv3Hz/c003wYPCGLG+IQKBgQCfvejUCE14AUby0FEc3JQk\n"
    "ncp6ErSRqEZMtOkH0NxRHGSToKEPx7BOQyfAEG0VCA5x51EXIqFrduhSXLKLdD6F\n"
    "KsOcPjfl+FzRWgBsIJnN7Al3sZCrp8Ba9XBHuodQZuq7yUG0cQ53hMRRBdY6tmNV\n"
    "F2AqYGdNX9b+efVYlS4WWg==\n"
    "-----END PRIVATE KEY-----\n";

/// Of that key, in the merchant's name, until 2126: what refunds and reversals of API v2 show.
inline constexpr const char* sandbox_certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDrDCCApSgAwIBAgIUWg0fJsSznneBwqkPO2TY5XocnwIwDQYJKoZIhvcNAQEL\n"
    "BQAwZDETMBEGA1UEAwwKMTkwMDAwMDEwOTEZMBcGA1UECgwQd3hwYXljdGwgc2Fu\n"
    "ZGJveDElMCMGA1UECwwcdGVzdCBrZXlzIHRoYXQgZXZlcnlib2R5IGhhczELMAkG\n"
    "A1UEBhMCQ04wIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMGQxEzAR\n"
    "BgNVBAMMCjE5MDAwMDAxMDkxGTAXBgNVBAoMEHd4cGF5Y3RsIHNhbmRib3gxJTAj\n"
    "BgNVBAsMHHRlc3Qga2V5cyB0aGF0IGV2ZXJ5Ym9keSBoYXMxCzAJBgNVBAYTAkNO\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxWtHr4SouXWYn7RxZwjo\n"
    "6H60rAeL2+S+zgt53VyHAH5NVpcH1olmoYyKracc52Izo67TRtcXFBuWyAKtwpOc\n"
    "WlR/XWSosvuptjeHi7d4O/BFQV8DmuzcRasBiXp3NXCWUqkEFbkd9k/DI3F0y2FZ\n"
    "YVBmZ8Aa7NeKZu7NQY+AKLfilvvU9kIfZxaHFEKPci1WHUXH7QRRrSHyXlUkcAeu\n"
    "d4Z7gOhm45D+025nyrd/2YC4EwQUEN0Qt+lYYJZZjgT82i5NV2rnlW4zHezPmEA7\n"
    "yyL0ZQ2cRcpe/r6HPzmUjrF62hqe8vuRAhu9kp9VeFin5Vj6yYbzmxE6AS5whNYn\n"
    "pwIDAQABo1QwUjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUE\n"
    "DDAKBggrBgEFBQcDAjAdBgNVHQ4EFgQUYpKjrBIQTNtp2h079u33lVcUWNEwDQYJ\n"
    "KoZIhvcNAQELBQADggEBAF1uoiajBx1oPdkb5SEblURtwShtpDZXMN8NSPR2Edwk\n"
    "2GfRHjNNLsslYNhaahw8F+Qn7haGjm5rURj8sIJSKR8+cgBKRypzBCRxwKWE9S6u\n"
    "cxdpISDCwv7eDYUPkvzSBMNOlecI5XvOMNyg6z9yYNhy+iubG0z90bEdiz05YP4n\n"
    "cck+H6qXxxTYx1XLg73dqATmE+Tb97KUBq1qepzlqVkycMTiKHKtG2ydpNsLtao5\n"
    "ZiXN92KjA46V5sS74IWw7kIzn6Q7NdOhsQnMGg1PGO8eMJLc5Tt9t5nvU+AmkLhj\n"
    "M9wdNy5yxa4B1KxzMx/13YdfbyogCyrVOgzvn342lns=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace wxpay::cli
