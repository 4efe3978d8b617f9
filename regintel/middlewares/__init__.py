"""What stands between a spider and the agency's server.

From the spider outwards: declared hosts only (40), robots.txt (100), block detection (545), patience (550), then
Scrapy's own decompression (590), the archive with its conditional requests (595), Scrapy's own redirects (600), and the
fetch prefix in the download handler. All but the handler see original addresses only. Where persons saved the pages,
another handler answers from their files, and robots.txt is not asked.
"""
