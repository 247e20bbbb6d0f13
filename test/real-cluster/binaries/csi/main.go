// A CSI controller under the name of a real driver, so that the real external-provisioner makes volumes through it. There are
// no disks behind it: what a disk would be is written into the volume's context, from where it reaches the PersistentVolume.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"os"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: csi-driver SOCKET DRIVER-NAME")
	}
	listener, err := net.Listen("unix", args[0])
	if err != nil {
		return err
	}
	d := &driver{name: args[1], made: map[string]string{}}
	server := grpc.NewServer()
	csi.RegisterIdentityServer(server, d)
	csi.RegisterControllerServer(server, d)
	return server.Serve(listener)
}

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	name string

	mutex sync.Mutex
	// "encrypted" or "plain", by the handle of each volume that is there.
	made map[string]string
}

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: d.name, VendorVersion: "1"}, nil
}

func (d *driver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	service := &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}
	capability := &csi.PluginCapability{Type: &csi.PluginCapability_Service_{Service: service}}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{capability}}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, kind := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
	} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: kind}
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc},
		})
	}
	return response, nil
}

// CreateVolume reads the one parameter that makes a disk encrypted, and makes a clone as its source is, as real drivers do.
func (d *driver) CreateVolume(_ context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	handle := "vol-" + request.GetName()
	if _, found := d.made[handle]; !found {
		d.made[handle] = "plain"
		if request.GetParameters()["encrypted"] == "true" {
			d.made[handle] = "encrypted"
		}
		if source := request.GetVolumeContentSource().GetVolume(); source != nil {
			made, found := d.made[source.GetVolumeId()]
			if !found {
				return nil, status.Error(codes.NotFound, "no volume "+source.GetVolumeId())
			}
			d.made[handle] = made
		}
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId:      handle,
		CapacityBytes: request.GetCapacityRange().GetRequiredBytes(),
		VolumeContext: map[string]string{"made": d.made[handle]},
		ContentSource: request.GetVolumeContentSource(),
	}}, nil
}

func (d *driver) DeleteVolume(_ context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.made, request.GetVolumeId())
	return &csi.DeleteVolumeResponse{}, nil
}
