//go:build tools

// Package tools pins the Pulumi CLI that tools/setup builds on a machine that cannot download it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
