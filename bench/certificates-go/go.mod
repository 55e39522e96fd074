module mizzen/bench/certificates

go 1.22
