// One program with every server of a Kubernetes control plane and of Argo CD, chosen by its first argument.
//
// Apart they would be six programs of 90 to 150 MB that share nearly all they are made of, and be linked six times.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	argocontroller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	argorepo "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var servers = map[string]func() int{
	"etcd":                          etcd,
	"kube-apiserver":                command(apiserver.NewAPIServerCommand),
	"kube-controller-manager":       command(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":                command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"argocd-application-controller": argo(argocontroller.NewCommand),
	"argocd-repo-server":            argo(argorepo.NewCommand),
}

func main() {
	if len(os.Args) > 1 {
		if serve, ok := servers[os.Args[1]]; ok {
			// Each server reads os.Args as its own.
			os.Args = os.Args[1:]
			os.Exit(serve())
		}
	}
	names := make([]string, 0, len(servers))
	for name := range servers {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "the first argument names a server: %s\n", strings.Join(names, ", "))
	os.Exit(2)
}

// command runs as Kubernetes' own programs do: klog's flags, and logs flushed at the end.
func command(make func() *cobra.Command) func() int {
	return func() int { return cli.Run(make()) }
}

// argo runs without them: Argo CD has flags of its own under the same names.
func argo(make func() *cobra.Command) func() int {
	return func() int {
		if err := make().Execute(); err != nil {
			return 1
		}
		return 0
	}
}

func etcd() int {
	etcdmain.Main(os.Args)
	return 0
}
