"""One spider a listing; Scrapy finds them here by the name of their source."""
