// The gRPC server that k6's examples expect, from the packages of its own tests. Prints its address; ends with its input.
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"strangers/grpcservice"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	features := grpcservice.LoadFeatures("")
	grpcservice.RegisterRouteGuideServer(server, grpcservice.NewRouteGuideServer(features...))
	grpcservice.RegisterFeatureExplorerServer(server, grpcservice.NewFeatureExplorerServer(features...))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); err != nil {
		panic(err)
	}
}
