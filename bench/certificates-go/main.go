// The same work as the certificate authority's, with Go's crypto: reads a certificate request, verifies its signature, makes and signs a certificate
// with a SPIFFE id. Prints certificates a second of CPU.
//
// usage: GOMAXPROCS=1 go run . SECONDS
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"strconv"
	"syscall"
	"time"
)

func main() {
	seconds, err := strconv.ParseFloat(os.Args[1], 64)
	check(err)
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{Organization: []string{"cluster.local"}},
		NotBefore:             now,
		NotAfter:              now.Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, caKey.Public(), caKey)
	check(err)
	root, err = x509.ParseCertificate(der)
	check(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	der, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	check(err)
	request := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	id, err := url.Parse("spiffe://cluster.local/ns/shop/sa/cart")
	check(err)

	run := func(forSeconds float64) float64 {
		before, count := cpu(), 0
		for end := time.Now().Add(time.Duration(forSeconds * float64(time.Second))); time.Now().Before(end); count++ {
			sign(request, root, caKey, id)
		}
		return float64(count) / (cpu() - before)
	}
	run(0.3)
	fmt.Printf("%.0f\n", run(seconds))
}

func sign(text []byte, root *x509.Certificate, caKey *ecdsa.PrivateKey, id *url.URL) {
	block, _ := pem.Decode(text)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	check(err)
	check(request.CheckSignature())
	now := time.Now()
	leaf := &x509.Certificate{
		SerialNumber:          serial(),
		NotBefore:             now.Add(-2 * time.Minute),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{id},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, request.PublicKey, caKey)
	check(err)
	pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	check(err)
	return number
}

// Seconds of CPU that the process has used.
func cpu() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
