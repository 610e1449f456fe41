//go:build tools

package build

import _ "github.com/temporalio/cli/cmd/temporal"
