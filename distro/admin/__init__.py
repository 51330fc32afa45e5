"""The admin's tools: doctor and its findings, DNS records, the files of `init`, backup."""
