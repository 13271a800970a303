//go:build tools

// Package tools pins the module whose definitions of kinds set-up copies (tools/setup/kubernetes.py).
package tools

import _ "sigs.k8s.io/gateway-api/apis/v1"
